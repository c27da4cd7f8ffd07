"""What happens to members: changed, timed out, given roles; they join and leave.

https://docs.discord.com/developers/resources/guild#modify-guild-member
"""

from typing import Any

from playground.errors import ApiError, missing_permissions, unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.guild_objects import member_json
from playground.state.people import Member
from playground.state.permissions import MANAGE_ROLES, MODERATE_MEMBERS
from playground.state.ranks import is_administrator, need, need_above, need_above_role
from playground.state.seed import EVERYONE_ROLE, GUILD_ID, MEMBERS, ROLES, USERS
from playground.types import Json

LOGGED = ("nick", "communication_disabled_until", "mute", "deaf", "flags")


def member_of(user_id: str) -> Member:
    """Raises ApiError 10007 for who is no member."""
    member = MEMBERS.get(user_id)
    if member is None:
        raise unknown(10007)
    return member


class Members:
    def __init__(self, clock: Clock, events: Events, audit: AuditLog) -> None:
        self._clock, self._events, self._audit = clock, events, audit

    def check_roles(self, act: Act, user_id: str, roles: list[str]) -> None:
        """Raise what Discord says when these shall be all roles of a member: ApiError 10011, 50013 or 50028."""
        for role_id in sorted(set(member_of(user_id).roles) ^ set(roles)):
            self.check_role(act, role_id)

    def check_role(self, act: Act, role_id: str) -> None:
        """Raise ApiError 10011, 50013 or 50028 for a role that cannot be given to somebody, or taken away."""
        if role_id not in ROLES:
            raise unknown(10011)
        if role_id == EVERYONE_ROLE or ROLES[role_id].managed:
            raise ApiError(400, 50028, "Invalid Role")
        need(act.by, MANAGE_ROLES)
        need_above_role(act.by, ROLES[role_id])

    def check_timeout(self, act: Act, user_id: str) -> None:
        """Raise ApiError 50013 where nobody can be timed out: above oneself, owners, administrators."""
        need(act.by, MODERATE_MEMBERS)
        need_above(act.by, user_id)
        if is_administrator(user_id):
            raise missing_permissions()

    def edit(self, act: Act, user_id: str, changes: dict[str, Any], before: Json | None = None) -> Member:
        """Set attributes of a member; everybody is told if anything is another than `before` (None: than now)."""
        member = member_of(user_id)
        before, roles = before or member_json(user_id), list(member.roles)
        for name, value in changes.items():
            setattr(member, name, value)
        if "timeout_until" in changes:
            self._time_out(member)
        after = member_json(user_id)
        if after == before:
            return member
        self._events.emit("GUILD_MEMBER_UPDATE", {**after, "guild_id": GUILD_ID})
        self._events.changed("looks", {})
        if told := changed({key: before[key] for key in LOGGED}, {key: after[key] for key in LOGGED}):
            self._audit.add(act, Action.MEMBER_UPDATE, user_id, told)
        if told := _role_changes(roles, member.roles):
            self._audit.add(act, Action.MEMBER_ROLE_UPDATE, user_id, told)
        return member

    def _time_out(self, member: Member) -> None:
        """Silence a member until their time-out ends on the clock."""
        until = member.timeout_until
        member.silenced = until is not None and until > self._clock.now()

        def end() -> None:
            if member.timeout_until == until:
                member.silenced = False
                self._events.changed("looks", {})

        if member.silenced and until is not None:
            self._clock.at(until, end)

    def join(self, user_id: str) -> Member:
        """Somebody comes (back) to the server. Raises ApiError 10013 for nobody."""
        if user_id not in USERS:
            raise unknown(10013)
        if user_id not in MEMBERS:
            MEMBERS[user_id] = Member(user_id, self._clock.now())
            self._events.emit("GUILD_MEMBER_ADD", {**member_json(user_id), "guild_id": GUILD_ID})
            self._events.changed("looks", {})
        return MEMBERS[user_id]

    def leave(self, user_id: str) -> None:
        """Somebody goes, of their own accord or not. Raises ApiError 10007."""
        member_of(user_id)
        del MEMBERS[user_id]
        self._events.emit("GUILD_MEMBER_REMOVE", {"guild_id": GUILD_ID, "user": USERS[user_id].as_json()})
        self._events.changed("looks", {})


def _role_changes(before: list[str], after: list[str]) -> list[Json]:
    found: list[Json] = []
    for key, roles in (
        ("$add", [role for role in after if role not in before]),
        ("$remove", [role for role in before if role not in after]),
    ):
        if roles:
            named = [{"id": role, "name": ROLES[role].name if role in ROLES else role} for role in roles]
            found.append({"key": key, "new_value": named})
    return found
