"""Palettes: colours over the rows of a picture, painted after the generator has chosen the characters.

A gradient runs from the first to the last row in HSL, each component on a straight line, as the reference
renderer does: black to blue therefore passes through dark green and teal, blue to pink through magenta.
On dark paper dark ink becomes as light as it was dark, so black turns white. Last, ink is darkened or
lightened until it has READABLE_CONTRAST to its paper. Because colour is painted after the characters are
chosen, a retry in pink is exact: the same characters in other ink.
"""

import colorsys
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.problems import PictureProblem

Background = Literal["light", "dark"]
"""The paper of a page."""
BackgroundChoice = Literal["auto", "light", "dark"]
"""The paper as it is asked for; `auto` becomes one of the others when the picture is seen."""
RGB = tuple[int, int, int]

BACKGROUNDS: Final[tuple[BackgroundChoice, ...]] = ("auto", "light", "dark")
DEFAULT_BACKGROUND: Final[BackgroundChoice] = "auto"

PAPER: Final[dict[Background, RGB]] = {"light": (255, 255, 255), "dark": (17, 18, 20)}
READABLE_CONTRAST: Final = 3.0
"""Least contrast of ink to paper, as WCAG 2.2 defines it and asks of large or bold text (criterion 1.4.3)."""


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
_COLOUR: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")


def find_palette(name: str) -> Palette:
    """The palette of that name, the single colour `#rrggbb`, or the gradient `#rrggbb-#rrggbb`.

    Case does not matter, and `#rgb` is short for `#rrggbb`. The palette's own name is the long form in small
    letters. Raises PictureProblem `bad_palette` for anything else.
    """
    wanted = name.strip().lower()
    if wanted in PALETTES:
        return PALETTES[wanted]
    colours = [_COLOUR.fullmatch(part) for part in wanted.split("-")]
    if len(colours) <= 2 and all(colours):
        top, *rest = [_rgb(match[1]) for match in colours if match]
        label = "-".join("#" + bytes(colour).hex() for colour in (top, *rest))
        return Palette(label, label, top, rest[0] if rest else top)
    raise PictureProblem("bad_palette", f"palette {name[:40]!r}", names=", ".join(PALETTES))


@lru_cache(maxsize=64)
def row_inks(palette: Palette, rows: int, background: Background) -> NDArray[np.uint8]:
    """Ink of each row as (rows, 3) RGB bytes. `palette` must be a gradient (not `photo`)."""
    if palette.top is None or palette.bottom is None:
        raise ValueError(f"palette {palette.name} has no row colours")
    first, last = (colorsys.rgb_to_hls(*(c / 255 for c in ink)) for ink in (palette.top, palette.bottom))
    steps = np.linspace(0.0, 1.0, rows) if rows > 1 else np.array([1.0])
    inks = np.empty((rows, 3), np.float32)
    for row, step in enumerate(steps):
        hue, light, saturation = (a + (b - a) * step for a, b in zip(first, last, strict=True))
        if background == "dark":
            light = max(light, 1.0 - light)
        inks[row] = colorsys.hls_to_rgb(hue, light, saturation)
    readable = _readable(inks, background)
    readable.flags.writeable = False  # kept for the next page of as many rows
    return readable


def readable_inks(colours: NDArray[np.uint8], background: Background) -> NDArray[np.uint8]:
    """The photo's own colours, (…, 3) RGB bytes, darkened or lightened until print in them can be read."""
    return _readable(colours.astype(np.float32) / np.float32(255), background)


def contrast(inks: NDArray[np.float32], background: Background) -> NDArray[np.float32]:
    """WCAG contrast ratio, 1 to 21, of (…, 3) sRGB in [0, 1] to the paper; shape (…, 1)."""
    paper = np.array(PAPER[background], np.float32) / np.float32(255)
    ink, ground = _luminance(inks) + 0.05, _luminance(paper) + 0.05
    ratio: NDArray[np.float32] = np.maximum(ink, ground) / np.minimum(ink, ground)
    return ratio


def _readable(inks: NDArray[np.float32], background: Background) -> NDArray[np.uint8]:
    """Ink mixed with as little black (with white on dark paper) as gives READABLE_CONTRAST."""
    far = np.float32(0.0 if background == "light" else 1.0)
    # Judged as the bytes that it becomes: an ink that reads by a hair would else be rounded to one that does not.
    short = contrast(np.rint(inks * 255).astype(np.float32) / np.float32(255), background) < READABLE_CONTRAST
    least, enough = np.zeros_like(inks[..., :1]), np.ones_like(inks[..., :1])
    for _ in range(8):  # halving eight times is exact to a byte
        share = (least + enough) * np.float32(0.5)
        reads = contrast(inks + (far - inks) * share, background) >= READABLE_CONTRAST
        least, enough = np.where(reads, least, share), np.where(reads, share, enough)
    mixed = np.where(short, inks + (far - inks) * enough, inks)
    # What was mixed is rounded away from the paper, so that rounding takes no contrast.
    away = np.where(short, np.floor(mixed * 255) if background == "light" else np.ceil(mixed * 255), mixed * 255)
    rounded: NDArray[np.uint8] = np.rint(away).astype(np.uint8)
    return rounded


def _luminance(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance: NDArray[np.float32] = linear @ np.array([[0.2126], [0.7152], [0.0722]], np.float32)
    return luminance


def _rgb(digits: str) -> RGB:
    red, green, blue = bytes.fromhex(digits if len(digits) == 6 else "".join(2 * digit for digit in digits))
    return red, green, blue
