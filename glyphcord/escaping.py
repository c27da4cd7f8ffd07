"""Text from elsewhere, made harmless: nobody's file name, option or error moves a cursor or forges a second line.

Escaped is what a reader cannot see: control characters (ESC and line ends among them), what turns the direction of
writing or has no width, and what is no character at all.
"""

import json
import sys
import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories: control, format, surrogate, line and paragraph separator."""
CUT = "…"


def is_unseen(character: str) -> bool:
    """Whether a character must not reach a terminal, a log or a message as it is."""
    return not character.isprintable() and unicodedata.category(character) in UNSEEN


def printable(text: str, most: int | None = None) -> str:
    """The text on one line, as Python writes such characters: `\\n`, `\\x1b`, `\\u202e`. At most `most` of it."""
    if not text.isprintable():
        text = "".join(c.encode("unicode_escape").decode("ascii") if is_unseen(c) else c for c in text)
    return text if most is None or len(text) <= most else text[: most - 1] + CUT


def printable_lines(text: str) -> str:
    """The same for a text that has several lines, such as a traceback; its further lines begin with blanks."""
    return "\n    ".join(map(printable, text.split("\n")))


def json_line(value: object) -> str:
    """JSON on one line, in which the same characters are escaped as JSON does."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(json.dumps(c)[1:-1] if is_unseen(c) else c for c in text)


def say(text: object) -> None:
    """A line on standard output."""
    print(printable(str(text)), flush=True)  # noqa: T201


def say_error(text: object) -> None:
    """A line on standard error."""
    print(printable(str(text)), file=sys.stderr, flush=True)  # noqa: T201
