"""Invites into the guild.

https://docs.discord.com/developers/resources/invite
"""

import secrets
import string
from collections import UserDict
from dataclasses import dataclass

from playground.errors import unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.clock import Clock, iso
from playground.state.events import Events
from playground.state.guild_objects import guild_json
from playground.state.permissions import MANAGE_CHANNELS
from playground.state.seed import BOT_ID, CHANNELS, GUILD_ID, MEMBERS, USERS, permissions
from playground.types import Json

CODE = string.ascii_letters + string.digits
OF_GUILD = (
    "id",
    "name",
    "splash",
    "banner",
    "description",
    "icon",
    "features",
    "verification_level",
    "vanity_url_code",
    "nsfw_level",
    "nsfw",
    "premium_subscription_count",
)


@dataclass
class Invite:
    code: str
    channel_id: str
    inviter_id: str
    created: float
    max_age: int  # seconds; 0 for ever
    max_uses: int  # 0 for any number
    temporary: bool  # whether who comes by it goes again with their session
    uses: int = 0

    @property
    def ends(self) -> float | None:
        return self.created + self.max_age if self.max_age else None

    def as_json(self, *, counts: bool = False, details: bool = False) -> Json:
        """The invite object; with `details` (invite metadata) for those who manage invites."""
        guild, channel = guild_json(), CHANNELS[self.channel_id]
        data: Json = {
            "type": 0,
            "code": self.code,
            "inviter": USERS[self.inviter_id].as_json(),
            "expires_at": None if self.ends is None else iso(self.ends),
            "guild": {key: guild[key] for key in OF_GUILD},
            "guild_id": GUILD_ID,
            "channel": {"id": channel.id, "type": channel.kind, "name": channel.name},
        }
        if counts:
            data["approximate_member_count"] = data["approximate_presence_count"] = len(MEMBERS)
        return data | (self._details() if details else {})

    def _details(self) -> Json:
        return {
            "uses": self.uses,
            "max_uses": self.max_uses,
            "max_age": self.max_age,
            "temporary": self.temporary,
            "created_at": iso(self.created),
        }

    def event(self) -> Json:
        """The data of INVITE_CREATE."""
        ends = None if self.ends is None else iso(self.ends)
        where = {"channel_id": self.channel_id, "guild_id": GUILD_ID, "code": self.code, "expires_at": ends}
        return {**where, "type": 0, "inviter": USERS[self.inviter_id].as_json(), **self._details()}


class Invites(UserDict[str, Invite]):
    """Invites by code; those whose time is over are gone."""

    def __init__(self, clock: Clock, events: Events, audit: AuditLog) -> None:
        super().__init__()
        self._clock, self._events, self._audit = clock, events, audit
        events.on_event.append(self._channel_gone)

    def create(
        self, channel_id: str, act: Act, *, max_age: int, max_uses: int, temporary: bool, unique: bool
    ) -> Invite:
        """A new one, or unless it is to be `unique` one of theirs with the same terms."""
        for old in self.values():
            same = (old.channel_id, old.inviter_id, old.max_age, old.max_uses, old.temporary)
            if not unique and same == (channel_id, act.by, max_age, max_uses, temporary):
                return old
        code = "".join(secrets.choice(CODE) for _ in range(8))
        invite = Invite(code, channel_id, act.by, self._clock.now(), max_age, max_uses, temporary)
        self[code] = invite
        if invite.ends is not None:
            self._clock.at(invite.ends, lambda: self._run_out(code))
        self._tell("INVITE_CREATE", invite, invite.event())
        self._audit.add(act, Action.INVITE_CREATE, None, changed({}, _logged(invite)))
        return invite

    def _run_out(self, code: str) -> None:
        self.pop(code, None)

    def find(self, code: str) -> Invite:
        """Raises ApiError 10006."""
        if code not in self:
            raise unknown(10006)
        return self[code]

    def use(self, code: str) -> None:
        """Somebody comes by it, perhaps as the last one. Raises ApiError 10006."""
        invite = self.find(code)
        invite.uses += 1
        if invite.uses == invite.max_uses:
            del self[code]

    def delete(self, invite: Invite, act: Act) -> None:
        del self[invite.code]
        where = {"channel_id": invite.channel_id, "guild_id": GUILD_ID, "code": invite.code}
        self._tell("INVITE_DELETE", invite, where)
        self._audit.add(act, Action.INVITE_DELETE, None, changed(_logged(invite), {}))

    def _tell(self, event: str, invite: Invite, data: Json) -> None:
        """Bots hear of invites to channels that they manage."""
        if permissions(BOT_ID, invite.channel_id) & MANAGE_CHANNELS:
            self._events.emit(event, data)

    def _channel_gone(self, name: str, data: Json) -> None:
        if name == "CHANNEL_DELETE":
            for code in [invite.code for invite in self.values() if invite.channel_id == data["id"]]:
                del self[code]


def _logged(invite: Invite) -> Json:
    return {
        "code": invite.code,
        "channel_id": invite.channel_id,
        "inviter_id": invite.inviter_id,
        "max_age": invite.max_age,
        "max_uses": invite.max_uses,
        "temporary": invite.temporary,
        "uses": invite.uses,
    }
