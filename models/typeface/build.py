"""Build the typeface from a free font: `python -m models.typeface.build FONT`.

The 95 printable ASCII characters of a monospaced font with TrueType outlines, made heavier and stretched until
they fill a cell half as wide as it is high, as a TTF and a WOFF2 under a name of their own. Needs fontTools and
brotli (the extra `typeface`); the same font gives the same bytes. README.md here tells more.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.timeTools import timestampSinceEpoch
from fontTools.pens.ttGlyphPen import TTGlyphPointPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables import ttProgram
from fontTools.ttLib.tables._g_l_y_f import Glyph

from models.atlas import CELL_HEIGHT, CELL_WIDTH, PRINTABLE, draw_atlas, save_sheet
from models.typeface import DESCENT, FAMILY, TTF, WOFF2
from models.typeface.outlines import Contour, Outlines, filling, mapped

WEIGHT: Final = 0.4
"""px of an 8×16 px cell by which outlines grow on every side."""

UNIT: Final = 128
"""Font units a pixel: the em is a cell's height, so at a font size of 16 px a cell is 8×16 px."""

_LEGAL: Final = {"copyright": 0, "licenseDescription": 13, "licenseInfoURL": 14}
"""What the source says of its owners and licence goes into every copy, under these numbers of the table `name`."""

_MODELS: Final = Path(__file__).parents[1]


def build(font: Path, weight: float = WEIGHT, descent: int = DESCENT) -> TTFont:
    """The typeface made from `font`, not yet saved. Raises KeyError when the font lacks a character."""
    with TTFont(font) as source:
        outlines = filling(_read(source), weight, descent)
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


def _read(font: TTFont) -> Outlines:
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
    return mapped(raw, lambda points: points * scale)


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
