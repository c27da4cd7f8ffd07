"""What of a message's text matters for its pictures: links and custom emojis, and whether spoiler bars hide them.

Read as Discord's client reads it: from left to right, where a backslash takes the meaning of what follows, nothing
in code has any, and `||` hides up to the next `||`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""
      \\[^\w\s]                                                     # escaped
    | ```.+?```                                                     # a block of code
    | (?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)                    # code in a line
    | \|\|(?P<hidden>.+?)\|\|                                       # a spoiler
    | <(?P<animated>a?):(?P<name>\w{2,32}):(?P<id>\d{1,20})>        # a custom emoji
    | (?P<link>https?://[^\s<]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_AFTER_LINK: Final = ".,:;!?'\"*_~|]>"
"""Ends a sentence, or what is written around a link, and no link."""


@dataclass(frozen=True)
class Emoji:
    """A server's own emoji."""

    id: int
    name: str
    animated: bool


@dataclass(frozen=True)
class Mark:
    """A link (its address) or an emoji in a text; `spoiler`: hidden until it is clicked."""

    what: str | Emoji
    spoiler: bool


def marks(text: str, *, spoiler: bool = False) -> Iterator[Mark]:
    """The links and custom emojis of a message, in their order."""
    for token in _TOKEN.finditer(text):
        if token["hidden"] is not None:
            yield from marks(token["hidden"], spoiler=True)
        elif token["id"] is not None:
            yield Mark(Emoji(int(token["id"]), token["name"], bool(token["animated"])), spoiler)
        elif token["link"] is not None:
            yield Mark(_link(token["link"]), spoiler)


def _link(found: str) -> str:
    """Without what stands after it: a full stop, the bracket of `[words](address)`."""
    while found and (found[-1] in _AFTER_LINK or (found[-1] == ")" and found.count(")") > found.count("("))):
        found = found[:-1]
    return found
