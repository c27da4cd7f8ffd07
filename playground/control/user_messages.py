"""What a user does to messages in a Discord client: write, delete, react.

Each is a request of the control API and checks what Discord's own client would; a mistake is a ControlError.
"""

from aiohttp import web

from playground.control.requests import actor, read_form, read_json, target
from playground.errors import ControlError
from playground.request_body import Upload
from playground.state.files import Sticker, safe_filename
from playground.state.image_size import picture_type
from playground.state.permissions import MANAGE_MESSAGES, SEND_MESSAGES
from playground.state.seed import USERS, permissions
from playground.state.world import World


class UserMessages:
    def __init__(self, world: World) -> None:
        self._world, self._messages, self._reactions = world, world.messages, world.reactions

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/message", self.message),
            web.delete("/playground/message", self.delete_message),
            web.post("/playground/react", self.react),
            web.delete("/playground/react", self.unreact),
        ]

    async def message(self, request: web.Request) -> web.Response:
        """A user writes, with files, as a reply or a forward (message_reference), with embeds as Discord makes
        them of links, or with a sticker (the file part of that name)."""
        payload, uploads = await read_form(request)
        user_id, channel_id = actor(payload)
        if not permissions(user_id, channel_id) & SEND_MESSAGES:
            raise ControlError(403, f"{USERS[user_id].username} may not write there")
        body = {key: payload[key] for key in ("content", "message_reference", "embeds") if payload.get(key)}
        stickers = [self._add_sticker(upload) for upload in uploads if upload.field == "sticker"]
        if stickers:
            body["sticker_ids"] = [sticker.id for sticker in stickers]
        files = dict(enumerate(upload for upload in uploads if upload.field != "sticker"))
        message = self._messages.post(channel_id, user_id, body, files)
        return web.json_response({"message_id": message.id, "channel_id": channel_id})

    async def delete_message(self, request: web.Request) -> web.Response:
        """Its author, someone who manages messages, or (without user_id) the test removes a message."""
        payload = await read_json(request)
        message = target(payload, self._messages)
        if payload.get("user_id") is not None:
            user_id, _ = actor(payload)
            owns = user_id in (message.author_id, message.ephemeral_to)
            if not owns and not permissions(user_id, message.channel_id) & MANAGE_MESSAGES:
                raise ControlError(403, f"{USERS[user_id].username} may not delete others' messages")
        self._messages.delete(message)
        return web.json_response({"deleted": message.id})

    async def react(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, _ = actor(payload)
        message = target(payload, self._messages)
        if message.ephemeral_to is not None:
            raise ControlError(400, "nobody can react to a message that only one person sees")
        self._reactions.add(message, str(payload.get("emoji") or ""), user_id)
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    async def unreact(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, _ = actor(payload)
        message = target(payload, self._messages)
        self._reactions.remove(message, str(payload.get("emoji") or ""), user_id)
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    def _add_sticker(self, upload: Upload) -> Sticker:
        """A sticker made of a PNG or GIF. Raises ControlError."""
        if picture_type(upload.data) not in ("image/png", "image/gif"):
            raise ControlError(400, "a sticker is a PNG or a GIF")
        if len(upload.data) > 512 * 1024:
            raise ControlError(400, "a sticker has at most 512 KiB")
        sticker = Sticker(
            self._world.ids.next(), safe_filename(upload.filename).rsplit(".", 1)[0][:30], upload.data
        )
        self._world.files.stickers[sticker.id] = sticker
        return sticker
