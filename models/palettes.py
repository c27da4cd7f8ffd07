"""Palettes: colours over the rows of a picture, painted after the generator has chosen the characters.

A gradient runs from the first to the last row that carries ink on a straight line in OKLab (models.oklab), so it
changes evenly, and black to blue is blue all the way. On dark paper dark ink becomes as light as it was dark, so
black turns white, and none is darker than DARK_LIGHTNESS. Last, ink is darkened or lightened until it has
READABLE_CONTRAST to its paper. Because colour is painted after the characters are chosen, a retry in pink is exact:
the same characters, other ink.
"""

import colorsys
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from glyphcord.nearest import nearest
from models.colour_names import LIKENESS, LONGEST, NAMES, RGB, as_name, find_colours, nearest_colours
from models.oklab import light_of, oklab_of, srgb_of
from models.problems import PictureProblem

Background = Literal["light", "dark"]
"""The paper of a page."""
BackgroundChoice = Literal["auto", "light", "dark"]
"""The paper as it is asked for; `auto` becomes one of the others when the picture is seen."""

BACKGROUNDS: Final[tuple[BackgroundChoice, ...]] = ("auto", "light", "dark")
DEFAULT_BACKGROUND: Final[BackgroundChoice] = "auto"

PAPER: Final[dict[Background, RGB]] = {"light": (255, 255, 255), "dark": (17, 18, 20)}
READABLE_CONTRAST: Final = 3.0
"""Least contrast of ink to paper, as WCAG 2.2 defines it and asks of large or bold text (criterion 1.4.3)."""
DARK_LIGHTNESS: Final = 0.72
"""Least lightness (OKLab, 0 to 1) of ink on dark paper.

A page on dark paper is read by its light, and at a thumbnail's size every character is only as much of it as its
ink covers. Blue at its own lightness, 0.45, would leave the picture nearly as dark as the paper, 0.19.
"""


@dataclass(frozen=True)
class Palette:
    """Ink from `top` (first row with ink) to `bottom` (last such row); both None for the photo's own colours."""

    name: str
    label: str
    top: RGB | None
    bottom: RGB | None


PALETTES: Final[dict[str, Palette]] = {
    palette.name: palette
    for palette in (
        Palette("photo", "Photo (its own colours)", None, None),
        Palette("blue", "Blue (black to blue)", (0, 0, 0), (0, 0, 255)),
        Palette("pink", "Pink (blue to pink)", (0, 0, 255), (255, 45, 150)),
        Palette("mono", "Mono (black, or white on dark)", (0, 0, 0), (0, 0, 0)),
        Palette("green", "Green (terminal green)", (0, 135, 40), (0, 135, 40)),
        Palette("amber", "Amber (old monitor)", (190, 110, 0), (190, 110, 0)),
    )
}
NO_OTHER: Final = 0.85
"""Likeness, 0 to 1, of a name that is meant even where its parts are like two colours: `dark-rde` is dark red."""
DEFAULT_PALETTE: Final = "photo"
"""Readers name the subject of far more pictures in their own colours than in one ink (docs/evaluation.md)."""


def find_palette(name: str) -> Palette:
    """The palette of that name, a single colour, or the gradient between two (`models.colour_names`).

    Case does not matter. A name of ours goes before a colour's: `pink` is the palette. The palette's own name is
    `#rrggbb` or `#rrggbb-#rrggbb` for colours. Raises PictureProblem `bad_palette`, or `bad_palette_near` with the
    name that was probably meant, for anything else.
    """
    wanted = name.strip().lower()
    if wanted in PALETTES:
        return PALETTES[wanted]
    if (colours := find_colours(wanted)) is not None:
        label = "-".join("#" + bytes(colour).hex() for colour in colours)
        return Palette(label, label, colours[0], colours[-1])
    names, detail = ", ".join(PALETTES), f"palette {name[:40]!r}"
    if (near := _meant(wanted)) is not None:
        raise PictureProblem("bad_palette_near", detail, names=names, near=near)
    raise PictureProblem("bad_palette", detail, names=names)


def _meant(wanted: str) -> str | None:
    """The palette, colour or two colours that a misspelt name is most like; two if they are parted."""
    if len(wanted) > LONGEST:
        return None
    names, word, two = (*PALETTES, *NAMES), as_name(wanted), nearest_colours(wanted)
    one = nearest(word, names, NO_OTHER)
    if two is not None and (one is None or two.replace("-", "") == one):  # `yelow-green` is parted
        return two
    return one or nearest(word, names, LIKENESS)


@lru_cache(maxsize=64)
def row_inks(
    palette: Palette, rows: int, background: Background, inked: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Ink of each row as (rows, 3) RGB bytes. `palette` must be a gradient (not `photo`).

    The gradient takes the rows `inked`, the first and one past the last, or all of them; its ends go on outside.
    """
    ends = np.array(_ends(palette), np.float32) / np.float32(255)
    if background == "dark":
        lab = oklab_of(ends)
        ends = _lit(lab, np.maximum(1 - lab[:, :1], DARK_LIGHTNESS))
    first, last = oklab_of(ends)
    inks = srgb_of(first + (last - first) * _steps(rows, inked)[:, None])
    readable = _readable(inks, background)
    readable.flags.writeable = False  # kept for the next page of as many rows
    return readable


def hsl_row_inks(palette: Palette, rows: int, inked: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Ink of each row on light paper as the reference renderer has it, (rows, 3) RGB bytes.

    Hue, saturation and lightness each go on a straight line: black to blue passes dark green and teal, blue to pink
    magenta. `palette` must be a gradient; `inked` as for `row_inks`.
    """
    first, last = (colorsys.rgb_to_hls(*(c / 255 for c in ink)) for ink in _ends(palette))
    mixes = [
        [a + (b - a) * step for a, b in zip(first, last, strict=True)] for step in _steps(rows, inked).tolist()
    ]
    return _readable(np.array([colorsys.hls_to_rgb(*mix) for mix in mixes], np.float32), "light")


def readable_inks(colours: NDArray[np.uint8], background: Background) -> NDArray[np.uint8]:
    """The photo's own colours, (…, 3) RGB bytes, darkened or lightened until print in them can be read.

    On dark paper the ink that covers a cell says how light it is, so its colour needs to say no more than its hue.
    """
    inks = colours.astype(np.float32) / np.float32(255)
    return _readable(_lit(oklab_of(inks), DARK_LIGHTNESS) if background == "dark" else inks, background)


def faded(inks: NDArray[np.uint8], strength: NDArray[np.float32], background: Background) -> NDArray[np.uint8]:
    """(…, 3) RGB bytes of ink mixed with paper, `strength` (…) of it and 1 for all.

    There is never so little ink that it has less than READABLE_CONTRAST, nor less of one that has not more itself.
    """
    paper = np.array(PAPER[background], np.float32) / np.float32(255)
    full = inks.astype(np.float32) / np.float32(255)
    pale = (paper + (full - paper) * strength[..., None]).astype(np.float32)
    return _mixed_to_read(pale, full, background)


def legible_inks(inks: NDArray[np.uint8], background: Background) -> NDArray[np.uint8]:
    """Inks, (…, 3) RGB bytes, with as little black (on dark paper, white) in them as gives READABLE_CONTRAST."""
    return _readable(inks.astype(np.float32) / np.float32(255), background)


def contrast(inks: NDArray[np.float32], background: Background) -> NDArray[np.float32]:
    """WCAG contrast ratio, 1 to 21, of (…, 3) sRGB in [0, 1] to the paper; shape (…, 1)."""
    paper = np.array(PAPER[background], np.float32) / np.float32(255)
    ink, ground = _luminance(inks) + 0.05, _luminance(paper) + 0.05
    ratio: NDArray[np.float32] = np.maximum(ink, ground) / np.minimum(ink, ground)
    return ratio


def _readable(inks: NDArray[np.float32], background: Background) -> NDArray[np.uint8]:
    """Ink mixed with as little black (with white on dark paper) as gives READABLE_CONTRAST."""
    return _mixed_to_read(inks, np.full_like(inks, 0.0 if background == "light" else 1.0), background)


def _mixed_to_read(
    inks: NDArray[np.float32], stronger: NDArray[np.float32], background: Background
) -> NDArray[np.uint8]:
    """Ink, (…, 3) in [0, 1], mixed with as little of a stronger one as gives READABLE_CONTRAST, in bytes."""
    # Judged as the bytes that it becomes: an ink that reads by a hair would else be rounded to one that does not.
    short = contrast(np.rint(inks * 255).astype(np.float32) / np.float32(255), background) < READABLE_CONTRAST
    least, enough = np.zeros_like(inks[..., :1]), np.ones_like(inks[..., :1])
    for _ in range(8):  # halving eight times is exact to a byte
        share = (least + enough) * np.float32(0.5)
        reads = contrast((inks + (stronger - inks) * share).astype(np.float32), background) >= READABLE_CONTRAST
        least, enough = np.where(reads, least, share), np.where(reads, share, enough)
    mixed = np.where(short, inks + (stronger - inks) * enough, inks)
    # What was mixed is rounded away from the paper, so that rounding takes no contrast.
    away = np.where(short, np.floor(mixed * 255) if background == "light" else np.ceil(mixed * 255), mixed * 255)
    rounded: NDArray[np.uint8] = np.rint(away).astype(np.uint8)
    return rounded


def _lit(lab: NDArray[np.float32], least: NDArray[np.float32] | float) -> NDArray[np.float32]:
    """(…, 3) OKLab to sRGB in [0, 1], no colour darker than the lightness `least`.

    Chroma grows with lightness as far as sRGB allows, as if more light fell there: by lightness alone, green turns
    milky.
    """
    lightness = np.maximum(lab[..., :1], np.float32(least))
    more = lightness / np.maximum(lab[..., :1], np.float32(1e-3))
    return srgb_of(np.concatenate((lightness, lab[..., 1:] * more), -1))


def _ends(palette: Palette) -> tuple[RGB, RGB]:
    if palette.top is None or palette.bottom is None:
        raise ValueError(f"palette {palette.name} has no row colours")
    return palette.top, palette.bottom


def _steps(rows: int, inked: tuple[int, int] | None) -> NDArray[np.float32]:
    """How far along each row is, from 0 to 1; a row that is alone among the inked ones is the last."""
    first, end = inked or (0, rows)
    count = end - first
    steps = np.linspace(0, 1, count, dtype=np.float32) if count > 1 else np.ones(1, np.float32)
    return np.pad(steps, (first, rows - end), "edge")


def _luminance(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    luminance: NDArray[np.float32] = light_of(rgb) @ np.array([[0.2126], [0.7152], [0.0722]], np.float32)
    return luminance
