"""Palettes: colours over the rows of a picture, painted after the generator has chosen the characters.

A gradient runs from the first to the last row in HSL, each component on a straight line, as the reference
renderer does: black to blue therefore passes through dark green and teal, blue to pink through magenta.
Lightness is then kept where print stays readable on its background. Because colour is painted last, a
retry in pink is exact: the same characters in other ink.
"""

import colorsys
import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.problems import PictureProblem

Background = Literal["light", "dark"]
RGB = tuple[int, int, int]

PAPER: Final[dict[Background, RGB]] = {"light": (255, 255, 255), "dark": (17, 18, 20)}
# Ink lighter than this on white, or darker than this on black, falls under a contrast of about 3:1.
DARKEST_ON_DARK: Final = 0.58
LIGHTEST_ON_LIGHT: Final = 0.56


@dataclass(frozen=True)
class Palette:
    """Ink from `top` (first row) to `bottom` (last row); both None for the photo's own colours."""

    name: str
    label: str
    top: RGB | None
    bottom: RGB | None


PALETTES: Final[dict[str, Palette]] = {
    palette.name: palette
    for palette in (
        Palette("blue", "Blue (black to blue)", (0, 0, 0), (0, 0, 255)),
        Palette("pink", "Pink (blue to pink)", (0, 0, 255), (255, 45, 150)),
        Palette("mono", "Mono (black, or white on dark)", (0, 0, 0), (0, 0, 0)),
        Palette("green", "Green (terminal green)", (0, 135, 40), (0, 135, 40)),
        Palette("amber", "Amber (old monitor)", (190, 110, 0), (190, 110, 0)),
        Palette("photo", "Photo (its own colours)", None, None),
    )
}
DEFAULT_PALETTE: Final = "blue"
_CUSTOM = re.compile(r"#([0-9a-fA-F]{6})-#([0-9a-fA-F]{6})")


def find_palette(name: str) -> Palette:
    """The palette of that name, or the custom gradient `#rrggbb-#rrggbb`.

    Raises PictureProblem `bad_palette` for anything else.
    """
    if name in PALETTES:
        return PALETTES[name]
    if match := _CUSTOM.fullmatch(name):
        return Palette(name.lower(), name.lower(), _hex(match[1]), _hex(match[2]))
    names = ", ".join(PALETTES)
    raise PictureProblem("bad_palette", f"palette {name[:40]!r}", names=names)


def row_inks(palette: Palette, rows: int, background: Background) -> NDArray[np.uint8]:
    """Ink of each row as (rows, 3) RGB bytes. `palette` must be a gradient (not `photo`)."""
    if palette.top is None or palette.bottom is None:
        raise ValueError(f"palette {palette.name} has no row colours")
    first, last = (colorsys.rgb_to_hls(*(c / 255 for c in ink)) for ink in (palette.top, palette.bottom))
    steps = np.linspace(0.0, 1.0, rows) if rows > 1 else np.array([1.0])
    inks = np.empty((rows, 3), np.uint8)
    for row, step in enumerate(steps):
        hue, light, saturation = (a + (b - a) * step for a, b in zip(first, last, strict=True))
        rgb = colorsys.hls_to_rgb(hue, _readable(light, background), saturation)
        inks[row] = [round(c * 255) for c in rgb]
    return inks


def readable_inks(colours: NDArray[np.uint8], background: Background) -> NDArray[np.uint8]:
    """The photo's own colours, (…, 3) RGB bytes, darkened or lightened until print in them can be read."""
    rgb = colours.astype(np.float32) / 255
    light = (rgb.max(-1, keepdims=True) + rgb.min(-1, keepdims=True)) / 2
    if background == "light":
        rgb = rgb * np.minimum(1.0, LIGHTEST_ON_LIGHT / np.maximum(light, 1e-3))
    else:
        lift = np.clip((DARKEST_ON_DARK - light) / np.maximum(1.0 - light, 1e-3), 0.0, 1.0)
        rgb = rgb + (1.0 - rgb) * lift
    inks: NDArray[np.uint8] = np.rint(rgb * 255).astype(np.uint8)
    return inks


def _readable(light: float, background: Background) -> float:
    return min(light, LIGHTEST_ON_LIGHT) if background == "light" else max(light, DARKEST_ON_DARK)


def _hex(digits: str) -> RGB:
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue
