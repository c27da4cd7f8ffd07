"""Whom a message mentions.

https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

import re
from collections.abc import Mapping

from playground.state.message import REPLY, Message
from playground.state.seed import USERS, permissions
from playground.types import Json

MENTION = re.compile(r"<@!?(\d{1,20})>")
MENTION_EVERYONE = 1 << 17


def find_mentions(message: Message, allowed: Json | None, messages: Mapping[str, Message]) -> None:
    """Note on the message whom it mentions, as far as `allowed` (allowed_mentions) lets it."""
    parse = None if allowed is None else (allowed.get("parse") or [])
    named = [] if allowed is None else (allowed.get("users") or [])
    wanted = [user for user in MENTION.findall(message.content) if user in USERS]
    if parse is not None and "users" not in parse:
        wanted = [user for user in wanted if user in named]
    target = messages.get(message.reference_id or "")
    pings_author = allowed is None or bool(allowed.get("replied_user"))
    if target is not None and message.type == REPLY and not message.webhook and pings_author:
        wanted.insert(0, target.author_id)
    message.mentions = [user for user in dict.fromkeys(wanted) if user in USERS]
    everyone = "@everyone" in message.content or "@here" in message.content
    allowed_everyone = parse is None or "everyone" in parse
    may = message.author is not None or permissions(message.author_id, message.channel_id) & MENTION_EVERYONE
    message.mention_everyone = bool(everyone and allowed_everyone and may)
