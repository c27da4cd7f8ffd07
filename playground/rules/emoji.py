"""Emoji as reactions name them: a unicode emoji, or name:id of a custom one."""

import re
from typing import Any

from playground.errors import ApiError

CUSTOM_EMOJI = re.compile(r"(?:a:)?\w+:\d{1,20}\Z")


def check_emoji(emoji: str) -> str:
    """An emoji as reactions key it. Raises ApiError 10014 for what is neither unicode emoji nor name:id."""
    plain_text = not emoji or len(emoji) > 40 or any(ch.isascii() and ch not in "#*0123456789" for ch in emoji)
    if CUSTOM_EMOJI.match(emoji) is None and (plain_text or emoji.isascii() or emoji.isalpha()):
        raise ApiError(400, 10014, "Unknown Emoji")
    return emoji


def emoji_json(emoji: str) -> dict[str, Any]:
    if CUSTOM_EMOJI.match(emoji):
        name, _, id_ = emoji.removeprefix("a:").partition(":")
        return {"id": id_, "name": name}
    return {"id": None, "name": emoji}
