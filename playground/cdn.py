"""The CDN: files at signed addresses that expire.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

import asyncio

from aiohttp import web

from playground.faults import Fault
from playground.state.image_size import picture_type
from playground.state.looks import APPLICATION_ICON, BANNER, ICON, LOOKS, default_avatar
from playground.state.seed import GUILD_ID
from playground.state.world import World

GONE = "This content is no longer available."
INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")

HEADERS = {
    "Cache-Control": "private, max-age=31536000",
    # Whatever was uploaded shares an origin with the page here, which Discord's CDN does not.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def serve_look(request: web.Request, world: World) -> web.Response:
    """Avatars, the guild's icon and banner, custom emojis, and what Discord's proxy has of other sites."""
    path = request.path.removeprefix("/cdn").strip("/").split("/")
    data: bytes | None = None
    match path:
        case ["embed", "avatars", name]:
            number = name.removesuffix(".png")
            data = default_avatar(int(number)) if number.isdecimal() else None
        case ["avatars", user_id, name]:
            data = LOOKS.picture(user_id, name)
        case ["guilds", _, "users", user_id, "avatars", name]:
            data = LOOKS.picture(f"server:{user_id}", name)
        case ["app-icons", _, name]:
            data = LOOKS.picture(APPLICATION_ICON, name)
        case ["icons", _, name]:
            data = LOOKS.picture(ICON, name)
        case ["banners", whose, name]:
            data = LOOKS.picture(BANNER if whose == GUILD_ID else f"banner:{whose}", name)
        case ["guilds", _, "users", user_id, "banners", name]:
            data = LOOKS.picture(f"server-banner:{user_id}", name)
        case ["emojis", name]:
            emoji = world.files.emojis.get(name.partition(".")[0])
            data = emoji.data if emoji and (emoji.moves or not name.endswith(".gif")) else None
        case ["external", file_id, signature, *_]:
            file = world.files.by_proxy(file_id, signature)
            data = file.data if file else None
        case _:
            pass
    if data is None:
        return web.Response(status=404, text=GONE)
    return web.Response(body=data, headers={**HEADERS, "Content-Type": picture_type(data) or "video/mp4"})


async def serve_sticker(request: web.Request, world: World, fault: Fault | None) -> web.StreamResponse:
    """A sticker's picture at /stickers/ID.png or .gif: no signature, no end."""
    id_, _, extension = request.match_info["name"].partition(".")
    sticker = world.files.stickers.get(id_)
    if sticker is None or extension != sticker.extension:
        return web.Response(status=404, text=GONE)
    kind = "application/json" if sticker.extension == "json" else f"image/{sticker.extension}"
    headers = {**HEADERS, "Content-Type": kind}
    if fault is not None and fault.stall:
        return await _stall(request, sticker.data, headers)
    return web.Response(body=sticker.data, headers=headers)


async def serve_file(request: web.Request, world: World, fault: Fault | None) -> web.StreamResponse:
    """One file, or 404 when the address is unknown, wrongly signed or expired."""
    path = request.path.removeprefix("/cdn")
    file = world.files.by_url(request.match_info["file_id"], path, request.query)
    if file is None:
        return web.Response(status=404, text=GONE)
    kind = file.content_type or "application/octet-stream"
    headers = dict(HEADERS)
    if kind not in INLINE:
        headers["Content-Disposition"] = "attachment"
    if "\n" in kind or "\r" in kind:
        kind = "application/octet-stream"
    headers["Content-Type"] = kind
    if fault is not None and fault.stall:
        return await _stall(request, file.data, headers)
    return web.Response(body=file.data, headers=headers)


async def _stall(request: web.Request, data: bytes, headers: dict[str, str]) -> web.StreamResponse:
    """Promise the whole file, send half of it, and say no more until the reader hangs up."""
    response = web.StreamResponse(headers={**headers, "Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    await asyncio.Event().wait()
    return response
