"""The control API under /playground: what a person does in a Discord client, and what a test does to Discord.

Used by the page, the demo and the tests. Ids are strings; a mistake is answered {"error": "what to do"}.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from playground.commands import CHAT_INPUT, MESSAGE_MENU
from playground.errors import ApiError, ControlError
from playground.faults import Faults
from playground.forms import Upload, read_parts
from playground.gateway import Gateway
from playground.guild import APPLICATION_ID, ASCII_CHANNEL, CHANNELS, GUILD_ID, MIA_ID, USERS
from playground.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    Interaction,
    check_permission,
    descend,
    event,
    fill_options,
    nest,
    new_token,
    resolved,
)
from playground.messages import Attachment, Message, make_attachment, walk
from playground.record import Recorder
from playground.world import World

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    def __init__(self, world: World, gateway: Gateway, faults: Faults, recorder: Recorder) -> None:
        self.world = world
        self.gateway = gateway
        self.faults = faults
        self.recorder = recorder
        self._pages: set[asyncio.Queue[str]] = set()
        world.on_change.append(self._tell_pages)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/slash", self.slash),
            web.post("/playground/autocomplete", self.autocomplete),
            web.post("/playground/message", self.message),
            web.post("/playground/react", self.react),
            web.delete("/playground/react", self.unreact),
            web.post("/playground/click", self.click),
            web.post("/playground/modal", self.modal),
            web.delete("/playground/message", self.delete_message),
            web.post("/playground/clock", self.advance),
            web.post("/playground/faults", self.add_faults),
            web.get("/playground/faults", self.list_faults),
            web.delete("/playground/faults", self.clear_faults),
            web.post("/playground/gateway", self.disturb_gateway),
            web.get("/playground/state", self.state),
            web.get("/playground/events", self.events),
            web.get("/playground/exchanges", self.exchanges),
        ]

    # What a person does

    async def slash(self, request: web.Request) -> web.Response:
        payload, uploads = await _form(request)
        user_id, channel_id = self._actor(payload)
        self._need_bot()
        name, *path = str(payload.get("command") or "").strip().removeprefix("/").split()[:3] or [""]
        options = payload.get("options") or {}
        size_limit = int(payload.get("attachment_size_limit") or self.world.size_limit)
        if payload.get("target_id") is not None:
            name = str(payload.get("command") or "")
            command = self.world.commands.find(name, MESSAGE_MENU)
            check_permission(command, user_id, channel_id)
            data = self._menu_data(command, channel_id, str(payload["target_id"]))
        else:
            command = self.world.commands.find(name, CHAT_INPUT)
            declared, chain = descend(command, path)
            check_permission(command, user_id, channel_id)
            files = self._option_files(uploads, channel_id, payload.get("declare") or {})
            filled = fill_options(declared, options, files)
            for file in files.values():
                self.world.store(file)
            shown = {file.id: self.world.attachment_json(file) for file in files.values()}
            objects = resolved(declared, filled, shown, channel_id)
            data = {**_command_data(command), "options": nest(chain, filled)}
            if objects:
                data["resolved"] = objects
        interaction = self._new(COMMAND, user_id, channel_id, data, size_limit)
        interaction.command = " ".join([name, *path]) if "target_id" not in data else name
        return self._dispatch(interaction)

    def _menu_data(self, command: Json, channel_id: str, target_id: str) -> Json:
        target = self._visible(channel_id, target_id)
        resolved_message = self.world.message_json(target, full=True)
        return {
            **_command_data(command),
            "target_id": target_id,
            "resolved": {"messages": {target_id: resolved_message}},
        }

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

    async def autocomplete(self, request: web.Request) -> web.Response:
        payload, _ = await _form(request)
        user_id, channel_id = self._actor(payload)
        self._need_bot()
        name, *path = str(payload.get("command") or "").strip().removeprefix("/").split()[:3] or [""]
        command = self.world.commands.find(name, CHAT_INPUT)
        declared, chain = descend(command, path)
        focused = str(payload.get("focused") or "")
        options = {focused: "", **(payload.get("options") or {})}
        filled = fill_options(declared, options, {}, partial=True, focused=focused)
        data = {**_command_data(command), "options": nest(chain, filled)}
        return self._dispatch(self._new(AUTOCOMPLETE, user_id, channel_id, data, self.world.size_limit))

    async def message(self, request: web.Request) -> web.Response:
        """A person writes something, with or without files."""
        payload, uploads = await _form(request)
        user_id, channel_id = self._actor(payload)
        files = dict(enumerate(uploads))
        body = {"content": payload.get("content"), "message_reference": payload.get("message_reference")}
        message = self.world.post(channel_id, user_id, {k: v for k, v in body.items() if v}, files)
        return web.json_response({"message_id": message.id, "channel_id": channel_id})

    async def delete_message(self, request: web.Request) -> web.Response:
        """The author, or someone who manages messages, removes one."""
        message = self._target(await _json(request))
        self.world.delete(message)
        return web.json_response({"deleted": message.id})

    async def react(self, request: web.Request) -> web.Response:
        payload = await _json(request)
        user_id, _ = self._actor(payload)
        message = self._target(payload)
        if message.ephemeral_to is not None:
            raise ControlError(400, "nobody can react to a message that only one person sees")
        self.world.react(message, str(payload.get("emoji") or ""), user_id)
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    async def unreact(self, request: web.Request) -> web.Response:
        payload = await _json(request)
        user_id, _ = self._actor(payload)
        message = self._target(payload)
        self.world.unreact(message, str(payload.get("emoji") or ""), user_id)
        return web.json_response({"reacted": message.reactions.get(str(payload.get("emoji")), [])})

    async def click(self, request: web.Request) -> web.Response:
        """Press a button or choose from a select menu."""
        payload = await _json(request)
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
        if component["type"] != 2:
            data["values"] = [str(value) for value in payload.get("values") or []]
        interaction = self._new(COMPONENT, user_id, message.channel_id, data, self.world.size_limit)
        interaction.message_id = message.id
        return self._dispatch(interaction, self.world.message_json(message))

    async def modal(self, request: web.Request) -> web.Response:
        """Send in the form with which the bot answered an interaction."""
        payload = await _json(request)
        self._need_bot()
        opened = self.world.interactions.get(str(payload.get("interaction_id")))
        if opened is None or opened.response_type != 9 or opened.response_data is None:
            raise ControlError(404, "that interaction was not answered with a form")
        values = payload.get("values") or {}
        rows = json.loads(json.dumps(opened.response_data.get("components") or []))
        for component in walk(rows):
            if component.get("custom_id") in values:
                component["value"] = values[component["custom_id"]]
        data = {"custom_id": opened.response_data["custom_id"], "components": rows}
        interaction = self._new(MODAL, opened.user_id, opened.channel_id, data, self.world.size_limit)
        interaction.message_id, interaction.parent = opened.message_id, opened
        on = self.world.messages.get(opened.message_id or "")
        return self._dispatch(interaction, self.world.message_json(on) if on else None)

    def _actor(self, payload: Json) -> tuple[str, str]:
        user_id = self.world.person(str(payload.get("user_id") or MIA_ID))
        return user_id, self.world.place(str(payload.get("channel_id") or ASCII_CHANNEL))

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
        return Interaction(id_, new_token(id_), kind, user_id, channel_id, now, data, size_limit)

    def _dispatch(self, interaction: Interaction, message: Json | None = None) -> web.Response:
        self.world.open_interaction(interaction)
        self.world.emit("INTERACTION_CREATE", event(interaction, APPLICATION_ID, message))
        return web.json_response({"interaction_id": interaction.id, "channel_id": interaction.channel_id})

    # What a test does to Discord

    async def advance(self, request: web.Request) -> web.Response:
        payload = await _json(request)
        try:
            self.world.clock.advance(float(payload["advance_s"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ControlError(400, f'send {{"advance_s": seconds}}: {error}') from error
        return web.json_response({"now": self.world.clock.now()})

    async def add_faults(self, request: web.Request) -> web.Response:
        payload = await _json(request, any_shape=True)
        rules = payload if isinstance(payload, list) else [payload]
        return web.json_response([self.faults.add(rule).as_json() for rule in rules])

    async def list_faults(self, request: web.Request) -> web.Response:
        return web.json_response([rule.as_json() for rule in self.faults.rules])

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.faults.clear()
        return web.json_response([])

    async def disturb_gateway(self, request: web.Request) -> web.Response:
        actions = {
            "drop": self.gateway.drop_all,
            "reconnect": self.gateway.reconnect_all,
            "invalid_session": self.gateway.invalidate_all,
        }
        action = actions.get(str((await _json(request)).get("action")))
        if action is None:
            raise ControlError(400, f"action is one of {sorted(actions)}")
        return web.json_response({"connections": action()})

    # What there is to see

    async def state(self, request: web.Request) -> web.Response:
        messages: dict[str, list[Json]] = {channel: [] for channel in CHANNELS}
        for message in self.world.messages.values():
            messages[message.channel_id].append(self.world.state_json(message))
        commands = self.world.commands.all(None) + self.world.commands.all(GUILD_ID)
        state = {
            "now": self.world.clock.now(),
            "guild_id": GUILD_ID,
            "application_id": APPLICATION_ID,
            "users": [{**user.as_json(), "roles": list(user.roles)} for user in USERS.values()],
            "channels": [channel.as_json() for channel in CHANNELS.values()],
            "commands": commands,
            "sessions": self.gateway.connected(),
            "messages": messages,
            "interactions": {key: value.as_json() for key, value in self.world.interactions.items()},
        }
        return web.json_response(state)

    async def exchanges(self, request: web.Request) -> web.Response:
        last = int(request.query.get("last", "100"))
        return web.json_response(list(self.recorder.recent)[-last:] if last > 0 else [])

    def _tell_pages(self, what: str, data: Json) -> None:
        text = f"event: {what}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for queue in self._pages:
            queue.put_nowait(text)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: message, message_delete, interaction, commands, sessions."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._pages.add(queue)
        try:
            await response.write(b": hello\n\n")
            while True:
                try:
                    async with asyncio.timeout(15):
                        text = await queue.get()
                except TimeoutError:
                    text = ": still here\n\n"
                await response.write(text.encode())
        except ConnectionError:
            pass
        finally:
            self._pages.discard(queue)
        return response


def _command_data(command: Json) -> Json:
    data = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data


async def _json(request: web.Request, *, any_shape: bool = False) -> Any:
    try:
        payload = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from error
    if not any_shape and not isinstance(payload, dict):
        raise ControlError(400, "the body must be a JSON object")
    return payload


async def _form(request: web.Request) -> tuple[Json, list[Upload]]:
    """Multipart with a `payload` field, or plain JSON when there are no files."""
    if request.content_type != "multipart/form-data":
        return await _json(request), []
    fields, uploads = await read_parts(request)
    try:
        payload = json.loads(fields.get("payload", "{}"))
    except ValueError as error:
        raise ControlError(400, f"the field `payload` is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise ControlError(400, "the field `payload` must be a JSON object")
    return payload, uploads


def as_answer(error: ApiError | ControlError) -> web.Response:
    if isinstance(error, ControlError):
        return web.json_response({"error": error.message}, status=error.status)
    return web.json_response({"error": error.body["message"], **error.body}, status=error.status)
