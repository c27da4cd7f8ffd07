"""What a user does to messages in a Discord client: write, delete, react.

Each is a request of the control API and checks what Discord's own client would; a mistake is a ControlError.
"""

import re
from collections.abc import Sequence

from aiohttp import web

from playground.control.requests import actor, actor_on, check_not_timed_out, person, read_form, read_json, target
from playground.errors import ControlError
from playground.request_body import Upload
from playground.rules.messages import COMPONENTS_V2
from playground.state.events import Deed
from playground.state.files import Emoji, Sticker, safe_filename
from playground.state.guild_objects import guild_json
from playground.state.image_size import picture_type
from playground.state.looks import BANNER, ICON, LOOKS
from playground.state.message import Message
from playground.state.permissions import MANAGE_MESSAGES
from playground.state.seed import MIA_ID, USERS, permissions, to_write
from playground.state.slow_mode import check_slow_mode
from playground.state.world import World
from playground.types import Json


class UserMessages:
    def __init__(self, world: World) -> None:
        self._world, self._messages, self._reactions = world, world.messages, world.reactions

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/message", self.message),
            web.delete("/playground/message", self.delete_message),
            web.post("/playground/react", self.react),
            web.delete("/playground/react", self.unreact),
            web.post("/playground/look", self.look),
        ]

    async def message(self, request: web.Request) -> web.Response:
        """A user writes, with files, as a reply or a forward (message_reference), with embeds as Discord makes
        them of links, with a sticker or a custom emoji (file parts of those names; `:name:` in the text is the
        emoji), or with components of version 2, as only apps do."""
        payload, uploads = await read_form(request)
        user_id, channel_id = actor(payload)
        if not permissions(user_id, channel_id) & to_write(channel_id):
            raise ControlError(403, f"{USERS[user_id].username} may not write there")
        check_slow_mode(user_id, channel_id, self._messages.values(), self._world.clock.now())
        body = {key: payload[key] for key in ("content", "message_reference", "embeds", "poll") if payload.get(key)}
        stickers = [self._add_sticker(upload) for upload in uploads if upload.field == "sticker"]
        if stickers:
            body["sticker_ids"] = [sticker.id for sticker in stickers]
        for upload in (upload for upload in uploads if upload.field == "emoji"):
            emoji = self._add_emoji(upload)
            body["content"] = str(body.get("content") or f":{emoji.name}:").replace(f":{emoji.name}:", emoji.text)
        if payload.get("components"):
            body |= {"components": payload["components"], "flags": COMPONENTS_V2}
        files = dict(enumerate(upload for upload in uploads if upload.field not in ("sticker", "emoji")))
        message = self._messages.post(channel_id, user_id, body, files)
        said = {key: payload.get(key) for key in ("embeds", "components")}
        said |= {"content": payload.get("content") or "", "reference": payload.get("message_reference")}
        self._act("message", payload, message, uploads, **said)
        return web.json_response({"message_id": message.id, "channel_id": channel_id})

    async def delete_message(self, request: web.Request) -> web.Response:
        """Its author, someone who manages messages, or (without user_id) the test removes a message."""
        payload = await read_json(request)
        message = target(payload, self._messages)
        if payload.get("user_id") is not None:
            user_id, _ = actor_on(payload, self._messages)
            owns = user_id in (message.author_id, message.ephemeral_to)
            if not owns and not permissions(user_id, message.channel_id) & MANAGE_MESSAGES:
                raise ControlError(403, f"{USERS[user_id].username} may not delete others' messages")
        self._messages.delete(message)
        self._act("delete", payload, message)
        return web.json_response({"deleted": message.id})

    async def react(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, message = actor_on(payload, self._messages)
        if message.ephemeral_to is not None:
            raise ControlError(400, "nobody can react to a message that only one person sees")
        check_not_timed_out(user_id, message.channel_id)
        self._reactions.add(message, str(payload.get("emoji") or ""), user_id)
        self._act("react", payload, message, emoji=payload["emoji"])
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    async def unreact(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, message = actor_on(payload, self._messages)
        self._reactions.remove(message, str(payload.get("emoji") or ""), user_id)
        self._act("unreact", payload, message, emoji=payload["emoji"])
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    def _act(
        self, what: str, payload: Json, message: Message, files: Sequence[Upload] = (), **details: object
    ) -> None:
        user_id = str(payload.get("user_id") or MIA_ID)
        details["message_id"] = message.id
        self._world.events.did(Deed(what, user_id, message.channel_id, details, files))

    def _add_sticker(self, upload: Upload) -> Sticker:
        """A sticker made of a PNG, APNG, GIF or Lottie (JSON). Raises ControlError."""
        if picture_type(upload.data) not in ("image/png", "image/gif") and upload.data[:1] != b"{":
            raise ControlError(400, "a sticker is a PNG, a GIF or a Lottie file")
        if len(upload.data) > 512 * 1024:
            raise ControlError(400, "a sticker has at most 512 KiB")
        sticker = Sticker(
            self._world.ids.next(), safe_filename(upload.filename).rsplit(".", 1)[0][:30], upload.data
        )
        self._world.files.stickers[sticker.id] = sticker
        return sticker

    def _add_emoji(self, upload: Upload) -> Emoji:
        """One of the guild's own, named as the file. Raises ControlError."""
        if picture_type(upload.data) not in ("image/png", "image/gif"):
            raise ControlError(400, "an emoji is a PNG or a GIF")
        name = re.sub(r"\W", "", safe_filename(upload.filename).rsplit(".", 1)[0])[:32].ljust(2, "_")
        emoji = Emoji(self._world.ids.next(), name, upload.data)
        self._world.files.emojis[emoji.id] = emoji
        return emoji

    async def look(self, request: web.Request) -> web.Response:
        """Give a person an avatar (`of`: "user", or "member" for this server's), or the server an "icon" or a
        "banner": the file part `picture`. Without it, what there was is taken away."""
        payload, uploads = await read_form(request)
        user_id = person(payload)
        keys = {"user": user_id, "member": f"server:{user_id}", "icon": ICON, "banner": BANNER}
        key = keys.get(str(payload.get("of")))
        if key is None:
            raise ControlError(400, f"`of` is one of {sorted(keys)}")
        for upload in uploads:
            if picture_type(upload.data) not in ("image/png", "image/gif"):
                raise ControlError(400, "send a PNG or a GIF: Discord makes one of whatever is uploaded")
            LOOKS.put(key, upload.data)
        if not uploads:
            LOOKS.take_away(key)
        if key in (ICON, BANNER):
            self._world.events.emit("GUILD_UPDATE", guild_json())
        self._world.events.changed("looks", {})
        return web.json_response({"hash": LOOKS.of(key)})
