"""Buttons and menus under our messages: their ids, and the rows that a worker puts under a result.

All that an answer needs stands in the id or in the ledger, so they work after any restart. Rows are Discord's
JSON (https://docs.discord.com/developers/components/reference), since a worker has no discord.py.
"""

from typing import Final

TEMPLATE: Final = r"glyph:(?P<action>[a-z]+)(?::(?P<about>[A-Za-z0-9_-]{1,64}))?"
"""What every id of ours looks like; `about` is a job or a list, where the message alone does not tell."""

CANCEL: Final = "cancel"


def custom_id(action: str, about: str = "") -> str:
    """The id of a button or menu, in Discord's 100 characters."""
    return f"glyph:{action}:{about}" if about else f"glyph:{action}"
