"""The control API's developer portal, and what people do that only the gateway tells: come online, type."""

from aiohttp import web

from playground.control.requests import actor, person, read_json
from playground.errors import ControlError
from playground.gateway.gateway import Gateway
from playground.state.guild_objects import application_json, member_json
from playground.state.portal import LIMITED_FLAGS
from playground.state.presences import read_presence
from playground.state.seed import MEMBERS, guild_part
from playground.state.world import World


class ApplicationControls:
    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/playground/application", self.show),
            web.post("/playground/application", self.change),
            web.post("/playground/presence", self.come_online),
            web.post("/playground/typing", self.type_in),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The application, its token, its privileged intents, and where to point a bot."""
        portal = self._world.portal
        application = application_json(portal.flags())
        return web.json_response(
            {
                "id": application["id"],
                "name": application["name"],
                "flags": application["flags"],
                "intents": portal.intents,
                "max_concurrency": portal.max_concurrency,
                "token": self._gateway.token,
                "api": f"{request.scheme}://{request.host}/api/v10",
                "gateway": self._gateway.url,
                "cdn": self._world.files.cdn_base,
            }
        )

    async def change(self, request: web.Request) -> web.Response:
        """Grant or withdraw privileged intents, and hold starts to `max_concurrency`; null holds nobody."""
        payload = await read_json(request)
        intents = payload.get("intents", {})
        if not isinstance(intents, dict) or not set(intents) <= set(LIMITED_FLAGS):
            raise ControlError(400, f'send {{"intents": {{name: true or false}}}}; names: {sorted(LIMITED_FLAGS)}')
        most = payload.get("max_concurrency", self._world.portal.max_concurrency)
        if most is not None and (type(most) is not int or most < 1):
            raise ControlError(400, "max_concurrency is a number from 1, or null")
        self._world.portal.intents |= {name: bool(on) for name, on in intents.items()}
        self._world.portal.max_concurrency = most
        return await self.show(request)

    async def come_online(self, request: web.Request) -> web.Response:
        """A person's status, and what they are doing."""
        payload = await read_json(request)
        user_id = person(payload)
        presence = read_presence(payload)
        if presence is None:
            problem = (
                '{"status": "online", "idle", "dnd" or "offline", "activities": [{"type": 0 to 5, "name": …}]}'
            )
            raise ControlError(400, f"send {problem}")
        self._world.presences.put(user_id, presence)
        return web.json_response(self._world.presences.of(user_id))

    async def type_in(self, request: web.Request) -> web.Response:
        """A person begins to type."""
        user_id, channel_id = actor(await read_json(request))
        where = guild_part(channel_id)
        member = {"member": member_json(user_id)} if where and user_id in MEMBERS else {}
        began = {"channel_id": channel_id, "user_id": user_id, "timestamp": int(self._world.clock.now())}
        self._world.events.emit("TYPING_START", {**began, **where, **member})
        return web.json_response(began)
