"""The CDN: files at signed addresses that expire.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

import asyncio

from aiohttp import web

from playground.faults import Fault
from playground.state.world import World

GONE = "This content is no longer available."
INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")

HEADERS = {
    "Cache-Control": "private, max-age=31536000",
    # Whatever was uploaded shares an origin with the page here, which Discord's CDN does not.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


async def serve_sticker(request: web.Request, world: World, fault: Fault | None) -> web.StreamResponse:
    """A sticker's picture at /stickers/ID.png or .gif: no signature, no end."""
    id_, _, extension = request.match_info["name"].partition(".")
    sticker = world.files.stickers.get(id_)
    if sticker is None or extension != sticker.extension:
        return web.Response(status=404, text=GONE)
    headers = {**HEADERS, "Content-Type": f"image/{sticker.extension}"}
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
