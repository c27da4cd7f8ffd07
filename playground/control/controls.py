"""The control API under /playground: what a test does to Discord, and what there is to see. What users do is in
user_messages.py and user_interactions.py.

Used by the page, the demo and the tests. Ids are strings; a mistake is answered {"error": "what to do"}.
"""

import re
from typing import Final

from aiohttp import web

from playground.api.record import Recorder
from playground.control.application import ApplicationControls
from playground.control.event_stream import EventStream
from playground.control.membership import Membership
from playground.control.requests import read_json
from playground.control.server_settings import ServerSettings
from playground.control.user_interactions import UserInteractions
from playground.control.user_marks import UserMarks
from playground.control.user_messages import UserMessages
from playground.control.user_threads import UserThreads
from playground.errors import ApiError, ControlError
from playground.faults import Faults
from playground.gateway.gateway import Gateway
from playground.state.events import Deed
from playground.state.seed import (
    ADA_ID,
    APPLICATION_ID,
    ASCII_CHANNEL,
    CHANNELS,
    DIRECTS,
    GUILD_ID,
    MEMBERS,
    MIA_ID,
    ROLES,
    THREADS,
    USERS,
    guild_permissions,
    permissions,
)
from playground.state.world import World
from playground.types import Json

LOCALE: Final = re.compile(r"[a-z]{2}(-[A-Z0-9]{2,3})?")


class ControlApi:
    def __init__(self, world: World, gateway: Gateway, faults: Faults, recorder: Recorder) -> None:
        self.world = world
        self.gateway = gateway
        self.faults = faults
        self.recorder = recorder
        self._pages = EventStream()
        world.events.on_change.append(self._pages.tell)

    def routes(self) -> list[web.RouteDef]:
        return [
            *UserMessages(self.world).routes(),
            *UserInteractions(self.world, self.gateway).routes(),
            *UserMarks(self.world).routes(),
            *ServerSettings(self.world).routes(),
            *Membership(self.world).routes(),
            *UserThreads(self.world).routes(),
            *ApplicationControls(self.world, self.gateway).routes(),
            web.post("/playground/clock", self.advance),
            web.post("/playground/locale", self.set_locale),
            web.post("/playground/permit", self.permit),
            web.post("/playground/faults", self.add_faults),
            web.get("/playground/faults", self.list_faults),
            web.delete("/playground/faults", self.clear_faults),
            web.post("/playground/gateway", self.disturb_gateway),
            web.get("/playground/state", self.state),
            web.get("/playground/events", self.events),
            web.get("/playground/exchanges", self.exchanges),
        ]

    # What a test does to Discord

    async def advance(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        try:
            self.world.clock.advance(float(payload["advance_s"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ControlError(400, f'send {{"advance_s": seconds}}: {error}') from error
        self.faults.changed()
        self._act("advance", payload["advance_s"])
        return web.json_response({"now": self.world.clock.now()})

    async def permit(self, request: web.Request) -> web.Response:
        """Let a person use a command that its default permissions hide from them, or no longer."""
        payload = await read_json(request)
        user_id, command = str(payload.get("user_id")), str(payload.get("command"))
        if user_id not in USERS:
            raise ControlError(400, 'send {"user_id": a person, "command": its name, "allow": true or false}')
        permitted = self.world.permitted.setdefault(command, set())
        allow = bool(payload.get("allow", True))
        (permitted.add if allow else permitted.discard)(user_id)
        self._act("permit", command, user=user_id, allow=allow)
        return web.json_response({"permitted": sorted(permitted)})

    async def set_locale(self, request: web.Request) -> web.Response:
        """In which language a person's client is, by Discord's name for it."""
        payload = await read_json(request)
        user_id, locale = str(payload.get("user_id")), str(payload.get("locale"))
        if user_id not in USERS or not LOCALE.fullmatch(locale):
            raise ControlError(400, 'send {"user_id": a person, "locale": "de", "es-ES", "zh-CN", …}')
        self.world.locales[user_id] = locale
        self.world.events.changed("looks", {})
        self._act("speak", locale, user=user_id)
        return web.json_response({"locale": locale})

    async def add_faults(self, request: web.Request) -> web.Response:
        payload = await read_json(request, any_shape=True)
        rules = payload if isinstance(payload, list) else [payload]
        added = [self.faults.add(rule) for rule in rules]
        for rule in rules:
            self._act("fault", **rule)
        return web.json_response([rule.as_json() for rule in added])

    async def list_faults(self, request: web.Request) -> web.Response:
        return web.json_response([rule.as_json() for rule in self.faults.rules])

    async def clear_faults(self, request: web.Request) -> web.Response:
        """All of them, or with ?id= one."""
        self.faults.clear(request.query.get("id"))
        self._act("clear_faults")
        return web.json_response([rule.as_json() for rule in self.faults.rules])

    async def disturb_gateway(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        actions = {
            "send": lambda: self.gateway.send_all(str(payload.get("event")), payload.get("data")),
            "drop": self.gateway.drop_all,
            "reconnect": self.gateway.reconnect_all,
            "invalid_session": self.gateway.invalidate_all,
            "join": self.gateway.join_all,
        }
        action = actions.get(str(payload.get("action")))
        if action is None:
            raise ControlError(400, f"action is one of {sorted(actions)}")
        more = {key: value for key, value in payload.items() if key != "action"}
        self._act("gateway", payload["action"], **more)
        return web.json_response({"connections": action()})

    def _act(self, what: str, *positional: object, **named: object) -> None:
        """Say which control of playground.testing this was, and with which arguments."""
        details = {"positional": list(positional), "named": named}
        self.world.events.did(Deed(what, MIA_ID, ASCII_CHANNEL, details))

    # What there is to see

    async def state(self, request: web.Request) -> web.Response:
        """All there is; of interactions and messages only `interaction` and its answers, or those of `channel`."""
        one, channel = request.query.get("interaction"), request.query.get("channel")
        interactions = [] if channel else [i for i in self.world.interactions.values() if one in (None, i.id)]
        answers = {id for i in interactions for id in (i.response_message_id, *i.followup_ids)}
        messages: dict[str, list[Json]] = {place: [] for place in (*CHANNELS, *THREADS, *DIRECTS)}
        for message in self.world.messages.values():
            if channel in (None, message.channel_id) and (one is None or message.id in answers):
                messages[message.channel_id].append(self.world.messages.state_json(message))
        commands = self.world.commands.all(None) + self.world.commands.all(GUILD_ID)
        state = {
            "now": self.world.clock.now(),
            "guild_id": GUILD_ID,
            "owner_id": ADA_ID,
            "application_id": APPLICATION_ID,
            "users": [{**_user(user.id), "locale": self.world.locale(user.id)} for user in USERS.values()],
            "roles": [role.as_json() for role in ROLES.values()],
            "channels": [channel.as_json() for channel in CHANNELS.values()],
            "threads": [thread.state_json() for thread in THREADS.values()],
            "directs": [{"id": direct.id, "people": list(direct.people)} for direct in DIRECTS.values()],
            "commands": commands,
            "sessions": self.gateway.connected(),
            "connections": [connection.id for connection in self.gateway.connections],
            "presences": {user: self.world.presences.of(user) for user in USERS},
            "messages": messages,
            "interactions": {i.id: self.world.interactions.as_json(i) for i in interactions},
        }
        return web.json_response(state)

    async def exchanges(self, request: web.Request) -> web.Response:
        last = request.query.get("last", "100")
        if not last.isdecimal():
            raise ControlError(400, f"last is a number, not {last!r}")
        return web.json_response(list(self.recorder.recent)[-int(last) :] if int(last) else [])

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events, by what has changed."""
        return await self._pages.serve(request)


def _user(user_id: str) -> Json:
    member = MEMBERS.get(user_id)
    return {
        **USERS[user_id].as_json(),
        "member": member is not None,
        "roles": list(member.roles) if member is not None else [],
        "permissions": str(guild_permissions(user_id)),
        "permissions_in": {place: str(permissions(user_id, place)) for place in (*CHANNELS, *THREADS)},
    }


def as_answer(error: ApiError | ControlError) -> web.Response:
    if isinstance(error, ControlError):
        return web.json_response({"error": error.message}, status=error.status)
    return web.json_response({"error": error.body["message"], **error.body}, status=error.status)
