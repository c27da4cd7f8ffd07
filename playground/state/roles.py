"""What happens to roles.

https://docs.discord.com/developers/topics/permissions#role-object
"""

from collections.abc import Iterator
from typing import Any

from playground.errors import ApiError, missing_permissions, unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.events import Events
from playground.state.people import Role
from playground.state.permissions import MANAGE_ROLES
from playground.state.ranks import need, need_above_role, need_to_grant, rank
from playground.state.seed import CHANNELS, EVERYONE_ROLE, GUILD_ID, MEMBERS, ROLES
from playground.state.snowflake import Snowflakes
from playground.types import Json

MOST = 250
LOGGED = ("name", "permissions", "color", "hoist", "mentionable")


def role_of(role_id: str) -> Role:
    """Raises ApiError 10011."""
    role = ROLES.get(role_id)
    if role is None:
        raise unknown(10011)
    return role


def _logged(role: Role) -> Json:
    return {key: role.as_json()[key] for key in LOGGED}


class Roles:
    def __init__(self, ids: Snowflakes, events: Events, audit: AuditLog) -> None:
        self._ids, self._events, self._audit = ids, events, audit

    def create(self, act: Act, attributes: dict[str, Any]) -> Role:
        """A role at the bottom, with what everybody may unless told otherwise. Raises ApiError 30005 or 50013."""
        need(act.by, MANAGE_ROLES)
        granted = attributes.get("permissions", ROLES[EVERYONE_ROLE].permissions)
        need_to_grant(act.by, granted)
        if len(ROLES) >= MOST:
            raise ApiError(400, 30005, f"Maximum number of guild roles reached ({MOST})")
        role = Role(self._ids.next(), "new role", granted, 1)
        for name, value in attributes.items():
            setattr(role, name, value)
        ROLES[role.id] = role
        self._tell("GUILD_ROLE_CREATE", role)
        self._audit.add(act, Action.ROLE_CREATE, role.id, changed({}, _logged(role)))
        return role

    def edit(self, act: Act, role: Role, attributes: dict[str, Any]) -> None:
        """Raises ApiError 50013, or 50028 for the name of @everyone."""
        need(act.by, MANAGE_ROLES)
        need_above_role(act.by, role)
        if role.id == EVERYONE_ROLE and attributes.get("name", role.name) != role.name:
            raise ApiError(400, 50028, "Invalid Role")
        need_to_grant(act.by, attributes.get("permissions", role.permissions) ^ role.permissions)
        before, logged = role.as_json(), _logged(role)
        for name, value in attributes.items():
            setattr(role, name, value)
        if role.as_json() != before:
            self._tell("GUILD_ROLE_UPDATE", role)
            self._audit.add(act, Action.ROLE_UPDATE, role.id, changed(logged, _logged(role)))

    def delete(self, act: Act, role: Role) -> None:
        """Take a role from everybody and every channel. Raises ApiError 50013, or 50028 for @everyone and bots'."""
        need(act.by, MANAGE_ROLES)
        if role.id == EVERYONE_ROLE or role.managed:
            raise ApiError(400, 50028, "Invalid Role")
        need_above_role(act.by, role)
        logged = _logged(role)
        del ROLES[role.id]
        for member in MEMBERS.values():
            member.roles = [one for one in member.roles if one != role.id]
        for channel in CHANNELS.values():
            channel.overwrites.pop(role.id, None)
        self._events.emit("GUILD_ROLE_DELETE", {"guild_id": GUILD_ID, "role_id": role.id})
        self._events.changed("looks", {})
        self._audit.add(act, Action.ROLE_DELETE, role.id, changed(logged, {}))

    def move(self, act: Act, positions: dict[str, int]) -> None:
        """Set positions by ids of roles. Raises ApiError 10011, 50013, or 50028 for @everyone."""
        need(act.by, MANAGE_ROLES)
        for role, position in self._moved(positions):
            if role.id == EVERYONE_ROLE:
                raise ApiError(400, 50028, "Invalid Role")
            need_above_role(act.by, role)
            if rank(act.by) <= (position, -int(role.id)):
                raise missing_permissions()
        for role, position in self._moved(positions):
            role.position = position
            self._tell("GUILD_ROLE_UPDATE", role)

    @staticmethod
    def _moved(positions: dict[str, int]) -> Iterator[tuple[Role, int]]:
        for role_id, position in positions.items():
            if role_of(role_id).position != position:
                yield role_of(role_id), position

    def _tell(self, event: str, role: Role) -> None:
        self._events.emit(event, {"guild_id": GUILD_ID, "role": role.as_json()})
        self._events.changed("looks", {})
