"""A page as coloured text: SGR escape sequences (ECMA-48, section 8.3.117) for terminals and chats."""

import colorsys
from typing import Final, Literal

from models.colour_names import RGB
from models.page import Page, runs
from models.palettes import PAPER

Colours = Literal["full", 256, 16]

_RESET: Final = "\x1b[0m"
# Up to which hue, in degrees, ink is red, yellow, green, cyan, blue, magenta and red again. 30 and 37 are left out:
# A chat's grey is hard to read on a dark theme, its white not to be seen on a light one. Ink without a hue
# stays plain.
_HUES: Final = ((20, 31), (70, 33), (155, 32), (200, 36), (265, 34), (345, 35), (360, 31))
_GREY: Final = 0.15
"""Ink whose channels lie closer together than this share of full has no hue worth naming."""


def ansi(page: Page, colours: Colours = "full") -> str:
    """The page with its inks, a line per row.

    `full` (24 bits) and 256 colours fill every cell's paper too, so that the picture looks the same in a dark and
    in a light terminal. 16 colours leave the paper to the reader and know only what chats show, too: 31 to 36,
    and 1 for bright ink, which they print bold and many terminals lighter.
    """
    return _sixteen(page) if colours == 16 else _on_paper(page, colours)


def _on_paper(page: Page, colours: Colours) -> str:
    def sgr(ground: int, rgb: RGB) -> str:
        code = ";".join(map(str, (2, *rgb))) if colours == "full" else f"5;{_nearest_of_256(rgb)}"
        return f"\x1b[{ground};{code}m"

    paper, lines = sgr(48, PAPER[page.background]), []
    for row in runs(page):
        inked = "".join(sgr(38, ink) + text for text, ink in row)
        blank = page.columns - sum(len(text) for text, _ in row)
        lines.append(f"{paper}{inked}{' ' * blank}{_RESET}\n")
    return "".join(lines)


def _sixteen(page: Page) -> str:
    parts, shown = [], "0"
    for row in runs(page, shaded=False):
        for text, ink in row:
            wanted = _code_of(ink)
            if wanted != shown and not text.isspace():
                parts.append(f"\x1b[{wanted}m")
                shown = wanted
            parts.append(text)
        parts.append("\n")
    return "".join(parts).removesuffix("\n") + (_RESET if shown != "0" else "") + "\n"


def _code_of(ink: RGB) -> str:
    if max(ink) - min(ink) < _GREY * 255:
        return "0"
    hue = colorsys.rgb_to_hsv(*(channel / 255 for channel in ink))[0] * 360
    code = next(code for most, code in _HUES if hue <= most)
    return f"{int(max(ink) >= 192)};{code}"


def _nearest_of_256(rgb: RGB) -> int:
    """The index of the nearest colour in xterm's 6×6×6 cube (16 to 231) and its greys (232 to 255)."""

    def distance(colour: RGB) -> int:
        return sum((a - b) ** 2 for a, b in zip(rgb, colour, strict=True))

    levels = (0, 95, 135, 175, 215, 255)
    steps = [min(range(6), key=lambda step: abs(levels[step] - channel)) for channel in rgb]
    red, green, blue = steps
    grey = max(0, min(23, round((sum(rgb) / 3 - 8) / 10)))
    in_cube = distance((levels[red], levels[green], levels[blue])) <= distance((8 + 10 * grey,) * 3)
    return 16 + 36 * red + 6 * green + blue if in_cube else 232 + grey
