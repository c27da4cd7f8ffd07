"""Who comes to the server and who goes."""

from aiohttp import web

from playground.control.requests import read_json
from playground.errors import ControlError
from playground.state.guild_objects import member_json
from playground.state.people import User
from playground.state.seed import ADA_ID, BOT_ID, DIRECTS, MEMBERS, USERS, Direct
from playground.state.world import World
from playground.types import Json


class Membership:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/playground/join", self.join), web.post("/playground/leave", self.leave)]

    async def join(self, request: web.Request) -> web.Response:
        """Somebody joins: who has left, or with `username` somebody new; by an `invite`, when its code is given."""
        payload = await read_json(request)
        user_id = self._new_user(payload) if "user_id" not in payload else str(payload["user_id"])
        if user_id not in USERS or user_id in MEMBERS:
            gone = ", ".join(f"{user.username} {user.id}" for user in USERS.values() if user.id not in MEMBERS)
            raise ControlError(
                404, f"`user_id` is somebody who has left, of now: {gone or 'nobody'}; or `username`"
            )
        if user_id in self._world.bans:
            raise ControlError(403, f"{USERS[user_id].username} is banned")
        if payload.get("invite") is not None:
            self._world.invites.use(str(payload["invite"]))
        self._world.members.join(user_id)
        return web.json_response(member_json(user_id))

    async def leave(self, request: web.Request) -> web.Response:
        """A member leaves by themselves; the owner cannot."""
        payload = await read_json(request)
        user_id = str(payload.get("user_id"))
        if user_id not in MEMBERS or user_id in (ADA_ID, BOT_ID):
            raise ControlError(404, "`user_id` is a member who is neither the owner nor the bot")
        self._world.members.leave(user_id)
        return web.json_response({"left": user_id})

    def _new_user(self, payload: Json) -> str:
        name = payload.get("username")
        if not isinstance(name, str) or not 2 <= len(name) <= 32 or name != name.lower():
            raise ControlError(400, "`username` has 2 to 32 small letters")
        if any(user.username == name for user in USERS.values()):
            raise ControlError(409, f"{name} is somebody already")
        user = User(self._world.ids.next(), name, str(payload.get("global_name") or name.title()))
        USERS[user.id] = user
        direct = Direct(self._world.ids.next(), (user.id, BOT_ID))
        DIRECTS[direct.id] = direct
        return user.id
