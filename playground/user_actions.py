"""What a person does in a Discord client: use a command, write, react, press, choose, fill in a form.

Each is a request of the control API and checks what Discord's own client would; a mistake is a ControlError.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from aiohttp import web

from playground import commands as cmd
from playground.commands import CHAT_INPUT, MESSAGE_MENU, USER_MENU
from playground.components import BUTTON, check_chosen, submitted, walk
from playground.errors import ControlError
from playground.forms import Upload, read_parts
from playground.gateway import Gateway
from playground.guild import (
    APPLICATION_ID,
    ASCII_CHANNEL,
    CHANNELS,
    DIRECTS,
    MANAGE_MESSAGES,
    MIA_ID,
    SEND_MESSAGES,
    USERS,
    member_json,
    permissions,
)
from playground.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    NAMES_BY_ID,
    Interaction,
    check_context,
    check_permission,
    descend,
    event,
    fill_options,
    nest,
    new_token,
    owners,
    resolved,
)
from playground.messages import Attachment, Message, make_attachment
from playground.world import World

Json = dict[str, Any]
FORM = 9


class People:
    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/slash", self.slash),
            web.post("/playground/autocomplete", self.autocomplete),
            web.post("/playground/message", self.message),
            web.delete("/playground/message", self.delete_message),
            web.post("/playground/react", self.react),
            web.delete("/playground/react", self.unreact),
            web.post("/playground/click", self.click),
            web.post("/playground/modal", self.modal),
        ]

    # Commands

    async def slash(self, request: web.Request) -> web.Response:
        """A slash command, or with target_id a command of a message's or a user's menu."""
        payload, uploads = await read_form(request)
        user_id, channel_id = self._actor(payload)
        self._need_bot()
        size_limit = int(payload.get("attachment_size_limit") or self.world.size_limit)
        if payload.get("target_id") is not None:
            name, path = str(payload.get("command") or ""), []
            target_id = str(payload["target_id"])
            command = self.world.commands.find(name, USER_MENU if target_id in USERS else MESSAGE_MENU)
            self._may_use(command, user_id, channel_id)
            data = self._menu_data(command, channel_id, target_id)
        else:
            name, *path = _words(payload)
            command = self.world.commands.find(name, CHAT_INPUT)
            declared, chain = descend(command, path)
            self._may_use(command, user_id, channel_id)
            files = self._option_files(uploads, channel_id, payload.get("declare") or {})
            filled = fill_options(declared, payload.get("options") or {}, files)
            kinds = {option["name"]: option["type"] for option in declared}
            data = {**_command_data(command), "options": nest(chain, filled)}
            named = [(kinds[option["name"]], str(option["value"])) for option in filled]
            self._resolve(data, named, list(files.values()), channel_id, user_id)
        interaction = self._new(COMMAND, user_id, channel_id, data, size_limit)
        interaction.command = " ".join([name, *path])
        interaction.files = list((data.get("resolved") or {}).get("attachments") or {})
        interaction.owners = owners(command, user_id, channel_id)
        return self._dispatch(interaction)

    @staticmethod
    def _may_use(command: Json, user_id: str, channel_id: str) -> None:
        check_context(command, channel_id)
        check_permission(command, user_id, channel_id)

    def _menu_data(self, command: Json, channel_id: str, target_id: str) -> Json:
        found: Json
        if command["type"] == USER_MENU:
            found = {"users": {target_id: USERS[target_id].as_json()}}
            if channel_id in CHANNELS:
                member = member_json(target_id, with_user=False)
                found["members"] = {target_id: {**member, "permissions": str(permissions(target_id, channel_id))}}
        else:
            target = self._visible(channel_id, target_id)
            found = {"messages": {target_id: self.world.message_json(target, full=True)}}
        return {**_command_data(command), "target_id": target_id, "resolved": found}

    def _option_files(self, uploads: list[Upload], channel_id: str, declare: Json) -> dict[str, Attachment]:
        """Uploaded options as ephemeral attachments, under the names and types they claim."""
        files: dict[str, Attachment] = {}
        for upload in uploads:
            claim = declare.get(upload.field) or {}
            made = make_attachment(self.world.ids.next(), channel_id, upload, {}, ephemeral=True)
            files[upload.field] = replace(
                made,
                filename=str(claim.get("filename", upload.filename)),
                content_type=claim.get("content_type", upload.content_type),
                size=int(claim.get("size", len(upload.data))),
            )
        return files

    def _resolve(
        self, data: Json, named: list[tuple[int, str]], files: list[Attachment], channel_id: str, user_id: str
    ) -> None:
        """Put what the ids in `named` mean into the interaction's data."""
        for file in files:
            self.world.store(file)
        shown = {file.id: self.world.attachment_json(file) for file in files}
        if objects := resolved(named, shown, channel_id, user_id):
            data["resolved"] = objects

    async def autocomplete(self, request: web.Request) -> web.Response:
        payload, _ = await read_form(request)
        user_id, channel_id = self._actor(payload)
        self._need_bot()
        name, *path = _words(payload)
        command = self.world.commands.find(name, CHAT_INPUT)
        declared, chain = descend(command, path)
        self._may_use(command, user_id, channel_id)
        focused = str(payload.get("focused") or "")
        options = {focused: "", **(payload.get("options") or {})}
        filled = fill_options(declared, options, {}, partial=True, focused=focused)
        data = {**_command_data(command), "options": nest(chain, filled)}
        interaction = self._new(AUTOCOMPLETE, user_id, channel_id, data, self.world.size_limit)
        interaction.owners = owners(command, user_id, channel_id)
        return self._dispatch(interaction)

    # Messages and reactions

    async def message(self, request: web.Request) -> web.Response:
        """A person writes, with files, as a reply or a forward (message_reference), with embeds as Discord makes
        them of links, or with a sticker (the file part of that name)."""
        payload, uploads = await read_form(request)
        user_id, channel_id = self._actor(payload)
        if not permissions(user_id, channel_id) & SEND_MESSAGES:
            raise ControlError(403, f"{USERS[user_id].username} may not write there")
        body = {key: payload[key] for key in ("content", "message_reference", "embeds") if payload.get(key)}
        stickers = [self.world.add_sticker(upload) for upload in uploads if upload.field == "sticker"]
        if stickers:
            body["sticker_ids"] = [sticker.id for sticker in stickers]
        files = dict(enumerate(upload for upload in uploads if upload.field != "sticker"))
        message = self.world.post(channel_id, user_id, body, files)
        return web.json_response({"message_id": message.id, "channel_id": channel_id})

    async def delete_message(self, request: web.Request) -> web.Response:
        """Its author, someone who manages messages, or (without user_id) the test removes a message."""
        payload = await read_json(request)
        message = self._target(payload)
        if payload.get("user_id") is not None:
            user_id, _ = self._actor(payload)
            owns = user_id in (message.author_id, message.ephemeral_to)
            if not owns and not permissions(user_id, message.channel_id) & MANAGE_MESSAGES:
                raise ControlError(403, f"{USERS[user_id].username} may not delete others' messages")
        self.world.delete(message)
        return web.json_response({"deleted": message.id})

    async def react(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, _ = self._actor(payload)
        message = self._target(payload)
        if message.ephemeral_to is not None:
            raise ControlError(400, "nobody can react to a message that only one person sees")
        self.world.react(message, str(payload.get("emoji") or ""), user_id)
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    async def unreact(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, _ = self._actor(payload)
        message = self._target(payload)
        self.world.unreact(message, str(payload.get("emoji") or ""), user_id)
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    # Components and forms

    async def click(self, request: web.Request) -> web.Response:
        """Press a button or choose from a select menu."""
        payload = await read_json(request)
        user_id, _ = self._actor(payload)
        self._need_bot()
        message = self._target(payload)
        if message.ephemeral_to not in (None, user_id):
            raise ControlError(403, f"only {message.ephemeral_to} sees that message")
        custom_id = payload.get("custom_id")
        component = next((c for c in walk(message.components) if c.get("custom_id") == custom_id), None)
        if component is None:
            known = [c["custom_id"] for c in walk(message.components) if c.get("custom_id")]
            raise ControlError(404, f"the message has no component {custom_id!r}; it has {known}")
        if component.get("disabled"):
            raise ControlError(400, f"the component {custom_id!r} is disabled")
        data: Json = {"custom_id": custom_id, "component_type": component["type"], "id": component["id"]}
        if component["type"] != BUTTON:
            data["values"] = [str(value) for value in payload.get("values") or []]
            check_chosen(component, data["values"])
            kind = NAMES_BY_ID.get(component["type"], cmd.STRING)
            self._resolve(data, [(kind, value) for value in data["values"]], [], message.channel_id, user_id)
        interaction = self._new(COMPONENT, user_id, message.channel_id, data, self.world.size_limit)
        interaction.message_id = message.id
        if message.metadata is not None:
            interaction.owners = message.metadata["authorizing_integration_owners"]
        return self._dispatch(interaction, self.world.message_json(message))

    async def modal(self, request: web.Request) -> web.Response:
        """Send in the form that answered an interaction; the files for a file field are parts of its name."""
        payload, uploads = await read_form(request)
        self._need_bot()
        opened = self.world.interactions.get(str(payload.get("interaction_id")))
        if opened is None or opened.response_type != FORM or opened.response_data is None:
            raise ControlError(404, "that interaction was not answered with a form")
        values = payload.get("values") or {}
        made: dict[str, list[Attachment]] = {}
        for upload in uploads:
            file = make_attachment(self.world.ids.next(), opened.channel_id, upload, {}, ephemeral=True)
            made.setdefault(upload.field, []).append(file)
        ids = {name: [file.id for file in files] for name, files in made.items()}
        form = opened.response_data
        answered = submitted(form["components"], values, ids)
        data: Json = {"custom_id": form["custom_id"], "components": answered}
        kinds = {**NAMES_BY_ID, 19: cmd.ATTACHMENT}
        named = [
            (kinds[component["type"]], value)
            for component in walk(answered)
            if component["type"] in kinds
            for value in component["values"]
        ]
        self._resolve(
            data, named, [file for files in made.values() for file in files], opened.channel_id, opened.user_id
        )
        interaction = self._new(MODAL, opened.user_id, opened.channel_id, data, self.world.size_limit)
        interaction.message_id, interaction.parent = opened.message_id, opened
        interaction.owners = opened.owners
        interaction.files = [file.id for files in made.values() for file in files]
        on = self.world.messages.get(opened.message_id or "")
        return self._dispatch(interaction, self.world.message_json(on) if on else None)

    # What they share

    def _actor(self, payload: Json) -> tuple[str, str]:
        user_id = self.world.person(str(payload.get("user_id") or MIA_ID))
        channel_id = self.world.place(str(payload.get("channel_id") or ASCII_CHANNEL))
        if channel_id in DIRECTS and user_id not in DIRECTS[channel_id].people:
            raise ControlError(403, f"{USERS[user_id].username} takes no part in that conversation")
        return user_id, channel_id

    def _need_bot(self) -> None:
        if not self.gateway.connected():
            raise ControlError(409, "no bot is connected to the gateway; start it and try again")

    def _target(self, payload: Json) -> Message:
        message = self.world.messages.get(str(payload.get("message_id")))
        if message is None:
            raise ControlError(404, f"there is no message {payload.get('message_id')!r}")
        return message

    def _visible(self, channel_id: str, message_id: str) -> Message:
        message = self.world.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.ephemeral_to is not None:
            raise ControlError(404, f"there is no message {message_id!r} in that channel")
        return message

    def _new(self, kind: int, user_id: str, channel_id: str, data: Json, size_limit: int) -> Interaction:
        id_ = self.world.ids.next()
        now = self.world.clock.now()
        locale = self.world.locales.get(user_id, "en-US")
        return Interaction(id_, new_token(id_), kind, user_id, channel_id, now, data, size_limit, locale)

    def _dispatch(self, interaction: Interaction, message: Json | None = None) -> web.Response:
        self.world.open_interaction(interaction)
        self.world.emit("INTERACTION_CREATE", event(interaction, APPLICATION_ID, message))
        return web.json_response({"interaction_id": interaction.id, "channel_id": interaction.channel_id})


def _words(payload: Json) -> list[str]:
    """ "/model reload" as its name and subcommands."""
    return str(payload.get("command") or "").strip().removeprefix("/").split()[:3] or [""]


def _command_data(command: Json) -> Json:
    data = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data


async def read_json(request: web.Request, *, any_shape: bool = False) -> Any:
    try:
        payload = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from error
    if not any_shape and not isinstance(payload, dict):
        raise ControlError(400, "the body must be a JSON object")
    return payload


async def read_form(request: web.Request) -> tuple[Json, list[Upload]]:
    """Multipart with a `payload` field, or plain JSON when there are no files."""
    if request.content_type != "multipart/form-data":
        return await read_json(request), []
    fields, uploads = await read_parts(request)
    try:
        payload = json.loads(fields.get("payload", "{}"))
    except ValueError as error:
        raise ControlError(400, f"the field `payload` is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise ControlError(400, "the field `payload` must be a JSON object")
    return payload, uploads
