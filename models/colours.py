"""One or two colours as people type them: `#rrggbb`, `#rgb`, or a name that CSS has, like `red` or `dark red`."""

import re
from collections.abc import Iterator
from typing import Final

from PIL import ImageColor

from glyphcord.nearest import nearest

RGB = tuple[int, int, int]

NAMES: Final = frozenset(ImageColor.colormap)
"""The colours of CSS by name, all in small letters (https://www.w3.org/TR/css-color-4/#named-colors)."""
LONGEST: Final = 60
"""Characters of two colours, with room for spaces; more is something else."""

_DIGITS: Final = re.compile(r"#?([0-9a-f]{6})|#([0-9a-f]{3})")
_BETWEEN: Final = re.compile(r"\s*[-–—,]\s*|\s+to\s+|\s+")
"""What may stand between two colours: a hyphen, dash or comma, `to`, or a space, which some names have inside."""


def find_colour(text: str) -> RGB | None:
    """The colour that is written, in whatever case; None where it is none."""
    typed = text.strip().lower()
    if digits := _DIGITS.fullmatch(typed):
        red, green, blue = bytes.fromhex(digits[1] or "".join(2 * digit for digit in digits[2]))
        return red, green, blue
    name = _as_name(typed)
    return ImageColor.getrgb(name)[:3] if name in NAMES else None


def find_colours(text: str) -> tuple[RGB, ...] | None:
    """One colour, or two with something between them; None where the text is neither."""
    typed = text.strip().lower()
    if len(typed) > LONGEST:
        return None
    if (one := find_colour(typed)) is not None:
        return (one,)
    for first, second in _halves(typed):
        top, bottom = find_colour(first), find_colour(second)
        if top is not None and bottom is not None:
            return top, bottom
    return None


def nearest_colours(text: str) -> str | None:
    """What two colours' names were probably meant to be, `red-blue`; None where that cannot be told."""
    for first, second in _halves(text.strip().lower()[:LONGEST]):
        meant = [part if find_colour(part) else nearest(_as_name(part), NAMES) for part in (first, second)]
        if all(meant):
            return "-".join(_as_name(name) for name in meant if name)
    return None


def _as_name(typed: str) -> str:
    """`Dark red`, `dark-red` and `dark_red` are `darkred`."""
    return re.sub(r"[\s_-]+", "", typed)


def _halves(typed: str) -> Iterator[tuple[str, str]]:
    for between in _BETWEEN.finditer(typed):
        first, second = typed[: between.start()], typed[between.end() :]
        if first and second:
            yield first, second
