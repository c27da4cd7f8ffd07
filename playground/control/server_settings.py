"""What the owner clicks in the server's settings: a role's permissions, a channel's overwrites, who has which role.

Each takes effect at once, and the bot is told of it by the gateway.
"""

from typing import Final

from aiohttp import web

from playground.control.requests import read_json
from playground.errors import ControlError
from playground.state.audit_log import Act
from playground.state.permissions import ALL_PERMISSIONS
from playground.state.seed import ADA_ID, CHANNELS, EVERYONE_ROLE, MEMBERS, ROLES, USERS, Overwrite
from playground.state.world import World
from playground.types import Json

BY_OWNER: Final = Act(ADA_ID)


class ServerSettings:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/role", self.role),
            web.post("/playground/overwrite", self.overwrite),
            web.post("/playground/member", self.member),
        ]

    async def role(self, request: web.Request) -> web.Response:
        """Set a role's permissions in the whole server, or its place among the others."""
        payload = await read_json(request)
        role = ROLES[_known(payload, "role_id", {role.id: role.name for role in ROLES.values()})]
        if "permissions" in payload or "position" not in payload:
            self._world.roles.edit(BY_OWNER, role, {"permissions": _bits(payload, "permissions")})
        if "position" in payload:
            position = payload["position"]
            if not isinstance(position, int) or not 1 <= position <= 250:
                raise ControlError(400, "`position` is a whole number from 1, the lowest place above @everyone")
            self._world.roles.move(BY_OWNER, {role.id: position})
        return web.json_response(role.as_json())

    async def overwrite(self, request: web.Request) -> web.Response:
        """Set what a channel allows and denies to a role or a member; with neither the overwrite goes."""
        payload = await read_json(request)
        channel = CHANNELS[_known(payload, "channel_id", {one.id: f"#{one.name}" for one in CHANNELS.values()})]
        names = {role.id: role.name for role in ROLES.values()} | {user: USERS[user].username for user in MEMBERS}
        whose = _known(payload, "id", names)
        allow, deny = _bits(payload, "allow"), _bits(payload, "deny")
        if allow & deny:
            raise ControlError(400, "a permission is allowed or denied, not both")
        if allow or deny:
            self._world.channels.put_overwrite(BY_OWNER, channel, whose, Overwrite(allow, deny, whose in MEMBERS))
        elif whose in channel.overwrites:
            self._world.channels.delete_overwrite(BY_OWNER, channel, whose)
        return web.json_response(channel.as_json())

    async def member(self, request: web.Request) -> web.Response:
        """Give a member a role, or with `has` false take it away."""
        payload = await read_json(request)
        user_id = _known(payload, "user_id", {user: USERS[user].username for user in MEMBERS})
        free = {one.id: one.name for one in ROLES.values() if not one.managed and one.id != EVERYONE_ROLE}
        role_id = _known(payload, "role_id", free)
        roles = [role for role in MEMBERS[user_id].roles if role != role_id]
        if payload.get("has", True):
            roles.append(role_id)
        member = self._world.members.edit(BY_OWNER, user_id, {"roles": roles})
        return web.json_response(member.as_json())


def _known(payload: Json, key: str, names: dict[str, str]) -> str:
    """The id under a key. Raises ControlError 404 naming those that there are."""
    value = str(payload.get(key))
    if value not in names:
        raise ControlError(404, f"`{key}` is one of {', '.join(f'{id} ({name})' for id, name in names.items())}")
    return value


def _bits(payload: Json, key: str) -> int:
    """Permissions as Discord writes them: a decimal string of the bits. Raises ControlError 400."""
    value = payload.get(key)
    if not isinstance(value, str) or not value.isdecimal() or int(value) & ~ALL_PERMISSIONS:
        raise ControlError(400, f'`{key}` is a bit set as a decimal string, as in "1024"')
    return int(value)
