"""Whom a message mentions, and which roles.

https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

import re
from collections.abc import Mapping

from playground.state.message import REPLY, Message
from playground.state.seed import EVERYONE_ROLE, ROLES, USERS, in_guild, permissions
from playground.types import Json

MENTION, ROLE = re.compile(r"<@!?(\d{1,20})>"), re.compile(r"<@&(\d{1,20})>")
MENTION_EVERYONE = 1 << 17


def find_mentions(message: Message, allowed: Json | None, messages: Mapping[str, Message]) -> None:
    """Note on the message whom it mentions, as far as `allowed` (allowed_mentions) lets it: of roles those that
    anybody may mention, or all where the author may mention everyone."""
    wanted = _let(MENTION.findall(message.content), "users", allowed)
    target = messages.get(message.reference_id or "")
    pings_author = allowed is None or bool(allowed.get("replied_user"))
    if target is not None and message.type == REPLY and not message.webhook and pings_author:
        wanted.insert(0, target.author_id)
    message.mentions = [user for user in dict.fromkeys(wanted) if user in USERS]
    may = message.author is not None or bool(permissions(message.author_id, message.channel_id) & MENTION_EVERYONE)
    everyone = "@everyone" in message.content or "@here" in message.content
    allowed_everyone = allowed is None or "everyone" in (allowed.get("parse") or [])
    message.mention_everyone = everyone and allowed_everyone and may
    roles = _let(ROLE.findall(message.content), "roles", allowed) if in_guild(message.channel_id) else []
    known = [ROLES[role] for role in dict.fromkeys(roles) if role in ROLES and role != EVERYONE_ROLE]
    message.mention_roles = [role.id for role in known if may or role.mentionable]


def _let(ids: list[str], kind: str, allowed: Json | None) -> list[str]:
    """Those that may be mentioned: all of a kind that `parse` names, else the ones that are listed."""
    if allowed is None or kind in (allowed.get("parse") or []):
        return ids
    listed = {str(one) for one in allowed.get(kind) or []}  # strings or numbers, as everywhere in bodies
    return [one for one in ids if one in listed]
