r"""Build the typeface from a free font: `python -m models.typeface.build FONT`.

The 95 printable ASCII characters of a monospaced font with TrueType outlines, made heavier and stretched until
they fill a cell half as wide as it is high, as a TTF and a WOFF2 under a name of their own. Needs fontTools and
brotli (the extra `typeface`); the same font gives the same bytes. README.md here tells more.

An outline goes through these steps, in pixels of a cell of 8×16:

1. scaled so that the advance is 8 px wide and the way from the lowest to the highest of all characters 16 px high;
2. made heavier: every point moves out by `weight` px along its corner's bisector;
3. stretched so that the lowest point of all is the cell's bottom, the highest its top, and baseline, small and
   capital letters end on whole pixels; what is wider than the cell is squeezed into it;
4. stretched up and down, each by itself: capitals, figures and what is as high as they are from the cell's bottom
   to its top, small letters from the bottom to their own height, so that no row of pixels stays empty between
   lines;
5. strokes that go on in the next cell reach its edges: `|` up and down, `_ - =` left and right, and `/ \` are
   drawn from corner to corner.
"""

import argparse
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.timeTools import timestampSinceEpoch
from fontTools.pens.ttGlyphPen import TTGlyphPointPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables import ttProgram
from fontTools.ttLib.tables._g_l_y_f import Glyph
from numpy.typing import NDArray

from models.atlas import CELL_HEIGHT, CELL_WIDTH, PRINTABLE, draw_atlas, save_sheet
from models.typeface import DESCENT, FAMILY, TTF, WOFF2

WEIGHT: Final = 0.4
"""px of an 8×16 px cell by which outlines grow on every side."""

UNIT: Final = 128
"""Font units a pixel: the em is a cell's height, so at a font size of 16 px a cell is 8×16 px."""

_LEGAL: Final = {"copyright": 0, "licenseDescription": 13, "licenseInfoURL": 14}
"""What the source says of its owners and licence goes into every copy, under these numbers of the table `name`."""

_MODELS: Final = Path(__file__).parents[1]
_MITRE: Final = 1.5
"""The farthest a point may move, in weights: sharp corners would grow spikes."""

_TALL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789bdfhiklt#$%&@!?()[]{}"
"""What fills the whole height of its cell."""

_SMALL: Final = "acegmnopqrsuvwxyz"
"""What fills the cell up to the height of small letters; `g p q y` hang down and do so already."""

Points = NDArray[np.float64]
Contour = tuple[Points, list[int]]
"""(N, 2) points in px, and for each whether it lies on the curve (1) or steers it (0)."""


def build(font: Path, weight: float = WEIGHT, descent: int = DESCENT) -> TTFont:
    """The typeface made from `font`, not yet saved. Raises KeyError when the font lacks a character."""
    with TTFont(font) as source:
        outlines = _filling(_read(source), weight, descent)
        said = {name: source["name"].getDebugName(number) for name, number in _LEGAL.items()}
    names = [".notdef", *(f"uni{ord(character):04X}" for character in PRINTABLE)]
    builder = FontBuilder(CELL_HEIGHT * UNIT, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(character): name for character, name in zip(PRINTABLE, names[1:], strict=True)})
    glyphs = {names[0]: Glyph()} | dict(zip(names[1:], map(_glyph, outlines.values()), strict=True))
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(
        {name: (CELL_WIDTH * UNIT, getattr(builder.font["glyf"][name], "xMin", 0)) for name in names}
    )
    up, down = (CELL_HEIGHT - descent) * UNIT, descent * UNIT
    builder.setupHorizontalHeader(ascent=up, descent=-down, lineGap=0)
    builder.setupOS2(
        sTypoAscender=up,
        sTypoDescender=-down,
        sTypoLineGap=0,
        usWinAscent=up,
        usWinDescent=down,
        fsSelection=1 << 6 | 1 << 7,
        xAvgCharWidth=CELL_WIDTH * UNIT,
        usWeightClass=400,
        fsType=0,
        achVendID="NONE",
        sxHeight=glyphs["uni0078"].yMax,
        sCapHeight=glyphs["uni0048"].yMax,
        version=4,
    )
    builder.font["OS/2"].panose.bFamilyType, builder.font["OS/2"].panose.bProportion = 2, 9
    builder.setupPost(isFixedPitch=1, keepGlyphNames=False)
    builder.setupNameTable(
        {
            "familyName": FAMILY,
            "styleName": "Regular",
            "uniqueFontIdentifier": f"{FAMILY} 1.000",
            "fullName": FAMILY,
            "version": "Version 1.000",
            "psName": FAMILY.replace(" ", "") + "-Regular",
        }
        | {name: text for name, text in said.items() if text},
        mac=False,
    )
    builder.font["prep"] = _unhinted()
    builder.font["head"].created = builder.font["head"].modified = timestampSinceEpoch(0)
    builder.font.recalcTimestamp = False
    return builder.font


def save(font: TTFont, folder: Path) -> list[Path]:
    """Write it as TTF and as WOFF2, and say where."""
    paths = []
    for flavor, file in ((None, TTF), ("woff2", WOFF2)):
        font.flavor = flavor
        paths.append(folder / file.name)
        font.save(paths[-1])
    return paths


def _read(font: TTFont) -> dict[str, list[Contour]]:
    """Each character's contours, in px of a cell as wide as the font's advance and as high as its whole set."""
    names, table = font.getBestCmap(), font["glyf"]
    raw = {}
    for character in PRINTABLE:
        coordinates, ends, flags = table[names[ord(character)]].getCoordinates(table)
        points = np.array(coordinates, np.float64).reshape(-1, 2)
        starts = [0, *(end + 1 for end in ends)]
        raw[character] = [
            (points[start : end + 1], [flag & 1 for flag in flags[start : end + 1]])
            for start, end in zip(starts, ends, strict=False)
        ]
    inked = [points[:, 1] for character, contours in raw.items() for points, _ in contours if character not in "_|"]
    high, low = max(y.max() for y in inked), min(y.min() for y in inked)
    advance = font["hmtx"][names[ord("M")]][0]
    scale = np.array([CELL_WIDTH / advance, CELL_HEIGHT / (high - low)])
    return _mapped(raw, lambda points: points * scale)


def _mapped(outlines: dict[str, list[Contour]], move: Callable[[Points], Points]) -> dict[str, list[Contour]]:
    return {character: [(move(points), on) for points, on in contours] for character, contours in outlines.items()}


def _filling(outlines: dict[str, list[Contour]], weight: float, descent: int) -> dict[str, list[Contour]]:
    """Steps 2 to 5: heavier, and in the cell, which begins at 0 on the left and `descent` px below the baseline."""
    heavy = _mapped(outlines, lambda points: _offset(points, weight))

    def top(characters: Iterable[str]) -> float:
        return float(max(points[:, 1].max() for c in characters for points, _ in heavy[c]))

    letters = [character for character in PRINTABLE[1:] if character not in "_|"]
    low = min(points[:, 1].min() for c in letters for points, _ in heavy[c])
    ascent = CELL_HEIGHT - descent
    high, small, capital = top(letters), top("x"), top("H")
    # As without snapping, to the nearest whole pixel.
    whole = [round(ascent * (edge + weight) / (high + weight)) for edge in (small, capital)]
    knots = (low, -weight, small, capital, high), (-descent, 0, *whole, ascent)

    def settled(contours: list[Contour]) -> list[Contour]:
        if not contours:
            return []
        x = np.concatenate([points[:, 0] for points, _ in contours])
        left, right = min(0.0, x.min()), max(float(CELL_WIDTH), x.max())
        squeeze = CELL_WIDTH / (right - left)
        return [
            (np.stack([(points[:, 0] - left) * squeeze, np.interp(points[:, 1], *knots)], 1), on)
            for points, on in contours
        ]

    filling = {character: settled(contours) for character, contours in heavy.items()}
    for characters, height in ((_TALL, ascent), (_SMALL, whole[0])):
        for character in characters:
            filling[character] = _stretched(filling[character], 1, -descent, height)
    for character in "-=_":
        filling[character] = _stretched(filling[character], 0, 0, CELL_WIDTH)
    filling["|"] = _stretched(filling["|"], 1, -descent, ascent)
    bar = np.ptp(heavy["_"][0][0][:, 1])
    filling["_"] = _stretched(filling["_"], 1, -descent, bar - descent)
    stem = np.ptp(filling["|"][0][0][:, 0])
    rising = _diagonal(stem) - (0, descent)
    filling["/"] = [(rising, [1] * len(rising))]
    filling["\\"] = [((rising * (-1, 1) + (CELL_WIDTH, 0))[::-1], [1] * len(rising))]
    return filling


def _stretched(contours: list[Contour], axis: int, start: float, end: float) -> list[Contour]:
    """The contours, their ink from `start` to `end` along the axis."""
    along = np.concatenate([points[:, axis] for points, _ in contours])
    low, high = along.min(), along.max()
    moved = []
    for points, on in contours:
        stretched = points.copy()
        stretched[:, axis] = start + (points[:, axis] - low) * (end - start) / (high - low)
        moved.append((stretched, on))
    return moved


def _diagonal(stem: float) -> Points:
    """The cell's part of a stroke, `stem` px thick, that runs on from corner to corner through many cells."""
    across = stem / 2 * math.hypot(CELL_WIDTH, CELL_HEIGHT) / CELL_HEIGHT
    up = across * CELL_HEIGHT / CELL_WIDTH
    return np.array(
        [
            (0, 0),
            (0, up),
            (CELL_WIDTH - across, CELL_HEIGHT),
            (CELL_WIDTH, CELL_HEIGHT),
            (CELL_WIDTH, CELL_HEIGHT - up),
            (across, 0),
        ]
    )


def _offset(points: Points, by: float) -> Points:
    """A contour's points moved out by `by` px, which is to the left of its way: ink lies to the right."""
    distinct = [i for i in range(len(points)) if not np.allclose(points[i], points[i - 1])]
    way = np.roll(points[distinct], -1, 0) - points[distinct]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    normal = np.stack([-way[:, 1], way[:, 0]], 1)
    before = np.roll(normal, 1, 0)
    bisector = normal + before
    length = 1 + (normal * before).sum(1, keepdims=True)
    shift = bisector / np.maximum(length, 1e-6)
    far = np.linalg.norm(shift, axis=1, keepdims=True)
    shift *= np.minimum(1, _MITRE / np.maximum(far, 1e-6))
    moved = points.copy()
    moved[distinct] += by * shift
    for i in set(range(len(points))) - set(distinct):
        moved[i] = moved[i - 1]
    return moved


def _glyph(contours: list[Contour]) -> Glyph:
    pen = TTGlyphPointPen(None)
    for points, on in contours:
        pen.beginPath()
        for (x, y), curve in zip(np.rint(points * UNIT).astype(int).tolist(), on, strict=True):
            pen.addPoint((x, y), "line" if curve else None)
        pen.endPath()
    return pen.glyph()


def _unhinted() -> object:
    """A control program that does nothing: without one, FreeType hints a font by itself and moves its edges."""
    table = newTable("prep")
    table.program = ttProgram.Program()
    table.program.fromAssembly(["PUSHW[ ] 511", "SCANCTRL[ ]", "PUSHB[ ] 4", "SCANTYPE[ ]", "PUSHB[ ] 0", "POP[ ]"])
    return table


def main() -> None:
    """Build and save."""
    parser = argparse.ArgumentParser(prog="python -m models.typeface.build", description=main.__doc__)
    parser.add_argument("font", type=Path, help="monospaced font with TrueType outlines: .ttf or .woff2")
    parser.add_argument("-o", "--out", type=Path, default=_MODELS, help="gets typeface/ and atlas.png")
    parser.add_argument("--weight", type=float, default=WEIGHT, help="px of 8 that outlines grow (%(default)s)")
    arguments = parser.parse_args()
    folder = arguments.out / "typeface"
    folder.mkdir(parents=True, exist_ok=True)
    for path in save(build(arguments.font, arguments.weight), folder):
        print(path)
    save_sheet(draw_atlas(folder / TTF.name), arguments.out / "atlas.png")


if __name__ == "__main__":
    main()
