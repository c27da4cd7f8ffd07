"""A page as a code block in a Discord message."""

import re
from typing import Final

from models.encoders import ansi, text
from models.page import Page

LOOKALIKE: Final = "\N{MODIFIER LETTER GRAVE ACCENT}"
"""Stands for the last of three backticks in a code block; as wide, and in no charset of ours."""

_THREE_BACKTICKS: Final = re.compile("``(?=`)`")


def code_block(page: Page, *, colours: bool = False) -> str:
    """The page as a Discord code block, an `ansi` one with `colours` (8 of them; see `ansi`).

    Only three backticks in a row could end the block, so of such a run every third becomes LOOKALIKE: one or two
    stay, a reader sees no difference, and as no charset holds LOOKALIKE the art can be read back exactly. An empty
    first or last row becomes a space, because Discord drops empty lines at both ends of a block.
    """
    art = ansi(page, colours=16) if colours else text(page)
    lines = _THREE_BACKTICKS.sub("``" + LOOKALIKE, art).removesuffix("\n").split("\n")
    for end in (0, -1):
        lines[end] = lines[end] or " "
    return f"```{'ansi' if colours else ''}\n" + "\n".join(lines) + "\n```"
