"""What makes an interaction in a Discord client: use a command, press, choose, fill in a form.

Each is a request of the control API and checks what Discord's own client would; a mistake is a ControlError.
"""

from dataclasses import replace

from aiohttp import web

from playground.api.interactions import FORM
from playground.control.command_use import (
    NAMES_BY_ID,
    check_offered,
    command_data,
    command_words,
    descend,
    fill_options,
    nest,
    owners,
    resolved,
)
from playground.control.form_answers import check_chosen, submitted
from playground.control.requests import actor, actor_on, check_not_timed_out, read_form, read_json
from playground.errors import ControlError
from playground.gateway.gateway import Gateway
from playground.request_body import Upload
from playground.rules import commands as cmd
from playground.rules.commands import CHAT_INPUT, MESSAGE_MENU, USER_MENU
from playground.rules.components import BUTTON, walk
from playground.state.events import Deed
from playground.state.files import Attachment, make_attachment
from playground.state.guild_objects import member_json
from playground.state.interaction import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction, event, new_token
from playground.state.message import Message
from playground.state.seed import APPLICATION_ID, MEMBERS, USERS, in_guild, permissions
from playground.state.world import World
from playground.state.writable import check_writable
from playground.types import Json


class UserInteractions:
    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/slash", self.slash),
            web.post("/playground/autocomplete", self.autocomplete),
            web.post("/playground/click", self.click),
            web.post("/playground/modal", self.modal),
        ]

    async def slash(self, request: web.Request) -> web.Response:
        """A slash command, or with target_id a command of a message's or a user's menu."""
        payload, uploads = await read_form(request)
        user_id, channel_id = actor(payload)
        self._need_bot()
        size_limit = int(payload.get("attachment_size_limit") or self.world.messages.size_limit)
        if payload.get("target_id") is not None:
            name, path = str(payload.get("command") or ""), []
            target_id = str(payload["target_id"])
            command = self.world.commands.find(name, USER_MENU if target_id in USERS else MESSAGE_MENU)
            check_offered(command, user_id, channel_id, self.world.permitted.get(command["name"], ()))
            data = self._menu_data(command, channel_id, target_id)
        else:
            name, *path = command_words(payload)
            command = self.world.commands.find(name, CHAT_INPUT)
            declared, chain = descend(command, path)
            check_offered(command, user_id, channel_id, self.world.permitted.get(command["name"], ()))
            files = self._option_files(uploads, channel_id, payload.get("declare") or {})
            filled = fill_options(declared, payload.get("options") or {}, files)
            kinds = {option["name"]: option["type"] for option in declared}
            data = {**command_data(command), "options": nest(chain, filled)}
            named = [(kinds[option["name"]], str(option["value"])) for option in filled]
            self._resolve(data, named, list(files.values()), channel_id, user_id)
        interaction = self._new(COMMAND, user_id, channel_id, data, size_limit)
        interaction.command = " ".join([name, *path])
        interaction.files = list((data.get("resolved") or {}).get("attachments") or {})
        interaction.owners = owners(command, user_id, channel_id)
        asked: Json = {"command": interaction.command, "options": payload.get("options") or {}}
        asked["target_id"] = payload.get("target_id")
        return self._dispatch(interaction, deed=Deed("slash", user_id, channel_id, asked, uploads))

    def _menu_data(self, command: Json, channel_id: str, target_id: str) -> Json:
        found: Json
        if command["type"] == USER_MENU:
            found = {"users": {target_id: USERS[target_id].as_json()}}
            if in_guild(channel_id) and target_id in MEMBERS:
                member = member_json(target_id, with_user=False)
                found["members"] = {target_id: {**member, "permissions": str(permissions(target_id, channel_id))}}
        else:
            target = self._visible(channel_id, target_id)
            found = {"messages": {target_id: self.world.messages.as_json(target, full=True)}}
        return {**command_data(command), "target_id": target_id, "resolved": found}

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
            self.world.files.store(file)
        shown = {file.id: self.world.files.as_json(file) for file in files}
        if objects := resolved(named, shown, channel_id, user_id):
            data["resolved"] = objects

    async def autocomplete(self, request: web.Request) -> web.Response:
        payload, _ = await read_form(request)
        user_id, channel_id = actor(payload)
        self._need_bot()
        name, *path = command_words(payload)
        command = self.world.commands.find(name, CHAT_INPUT)
        declared, chain = descend(command, path)
        check_offered(command, user_id, channel_id, self.world.permitted.get(command["name"], ()))
        focused = str(payload.get("focused") or "")
        options = {focused: "", **(payload.get("options") or {})}
        filled = fill_options(declared, options, {}, partial=True, focused=focused)
        data = {**command_data(command), "options": nest(chain, filled)}
        interaction = self._new(AUTOCOMPLETE, user_id, channel_id, data, self.world.messages.size_limit)
        interaction.owners = owners(command, user_id, channel_id)
        return self._dispatch(interaction)

    async def click(self, request: web.Request) -> web.Response:
        """Press a button or choose from a select menu."""
        payload = await read_json(request)
        user_id, message = actor_on(payload, self.world.messages)
        self._need_bot()
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
        interaction = self._new(COMPONENT, user_id, message.channel_id, data, self.world.messages.size_limit)
        interaction.message_id = message.id
        if message.metadata is not None:
            interaction.owners = message.metadata["authorizing_integration_owners"]
        asked: Json = {"message_id": message.id, "component": component, "components": message.components}
        asked["values"] = data.get("values")
        deed = Deed("click", user_id, message.channel_id, asked)
        return self._dispatch(interaction, self.world.messages.as_json(message), deed=deed)

    async def modal(self, request: web.Request) -> web.Response:
        """Send in the form that answered an interaction; the files for a file field are parts of its name.

        With a `custom_id` of the caller's own, as a client that somebody has changed could.
        """
        payload, uploads = await read_form(request)
        self._need_bot()
        opened = self.world.interactions.get(str(payload.get("interaction_id")))
        if opened is None or opened.response_type != FORM or opened.response_data is None:
            raise ControlError(404, "that interaction was not answered with a form")
        actor({"user_id": opened.user_id, "channel_id": opened.channel_id})  # who may have left, and it be deleted
        values = payload.get("values") or {}
        made: dict[str, list[Attachment]] = {}
        for upload in uploads:
            file = make_attachment(self.world.ids.next(), opened.channel_id, upload, {}, ephemeral=True)
            made.setdefault(upload.field, []).append(file)
        ids = {name: [file.id for file in files] for name, files in made.items()}
        form = opened.response_data
        answered = submitted(form["components"], values, ids)
        data: Json = {"custom_id": str(payload.get("custom_id") or form["custom_id"]), "components": answered}
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
        interaction = self._new(MODAL, opened.user_id, opened.channel_id, data, self.world.messages.size_limit)
        interaction.message_id, interaction.parent = opened.message_id, opened
        interaction.owners = opened.owners
        interaction.files = [file.id for files in made.values() for file in files]
        on = self.world.messages.get(opened.message_id or "")
        deed = Deed("modal", opened.user_id, opened.channel_id, {"opened": opened.id, "values": values}, uploads)
        return self._dispatch(interaction, self.world.messages.as_json(on) if on else None, deed=deed)

    def _need_bot(self) -> None:
        if not self.gateway.connected():
            raise ControlError(409, "no bot is connected to the gateway; start it and try again")

    def _visible(self, channel_id: str, message_id: str) -> Message:
        message = self.world.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.ephemeral_to is not None:
            raise ControlError(404, f"there is no message {message_id!r} in that channel")
        return message

    def _new(self, kind: int, user_id: str, channel_id: str, data: Json, size_limit: int) -> Interaction:
        check_not_timed_out(user_id, channel_id)
        if kind in (COMMAND, AUTOCOMPLETE):  # whoever has no box to write in has none for commands
            check_writable(channel_id, user_id)
        id_ = self.world.ids.next()
        now = self.world.clock.now()
        return Interaction(
            id_, new_token(id_), kind, user_id, channel_id, now, data, size_limit, self.world.locale(user_id)
        )

    def _dispatch(
        self, interaction: Interaction, message: Json | None = None, *, deed: Deed | None = None
    ) -> web.Response:
        if deed is not None:
            deed.details["interaction_id"] = interaction.id
            self.world.events.did(deed)
        self.world.interactions.open(interaction)
        self.world.events.emit("INTERACTION_CREATE", event(interaction, APPLICATION_ID, message))
        return web.json_response({"interaction_id": interaction.id, "channel_id": interaction.channel_id})
