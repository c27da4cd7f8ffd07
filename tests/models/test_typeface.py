"""The typeface: its measures, that its characters fill their cells and are told apart, and which pages carry it."""

import re
from base64 import b64decode
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

from bench.typeface import told_apart
from models.atlas import PRINTABLE, Atlas, default_atlas, densest
from models.encoders import encode
from models.typeface import DESCENT, FAMILY, TTF, WOFF2
from models.typeface.build import UNIT, build, save
from tests.models.pages import OTHER_ATLAS, random_page

SOURCE = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf")
LEFT, RIGHT, BOTTOM, TOP = 0, 8 * UNIT, -DESCENT * UNIT, (16 - DESCENT) * UNIT
"""The edges of a cell in font units."""


def glyphs(font: TTFont) -> dict[str, Glyph]:
    return {chr(code): font["glyf"][name] for code, name in font.getBestCmap().items()}


@pytest.mark.parametrize("file", [TTF, WOFF2], ids=["ttf", "woff2"])
def test_a_line_is_twice_as_high_as_a_character_is_wide(file: Path) -> None:
    """By all three tables that programs look in, with nothing between lines."""
    font = TTFont(file)
    assert set(font["hmtx"].metrics.values()) <= {(RIGHT, side) for side in range(RIGHT)}
    line, system = font["hhea"], font["OS/2"]
    assert (line.ascent, line.descent, line.lineGap) == (TOP, BOTTOM, 0)
    assert (system.sTypoAscender, system.sTypoDescender, system.sTypoLineGap) == (TOP, BOTTOM, 0)
    assert (system.usWinAscent, system.usWinDescent) == (TOP, -BOTTOM)
    assert system.fsSelection & 1 << 7, "USE_TYPO_METRICS"
    assert TOP - BOTTOM == 2 * RIGHT == font["head"].unitsPerEm


@pytest.mark.parametrize("file", [TTF, WOFF2], ids=["ttf", "woff2"])
def test_every_character_lies_in_its_cell(file: Path) -> None:
    drawn = glyphs(TTFont(file))
    assert "".join(sorted(drawn)) == PRINTABLE
    for character, glyph in drawn.items():
        if character != " ":
            assert LEFT <= glyph.xMin < glyph.xMax <= RIGHT, character
            assert BOTTOM <= glyph.yMin < glyph.yMax <= TOP, character


def test_strokes_that_go_on_reach_the_edges() -> None:
    drawn = glyphs(TTFont(TTF))
    for character in "_-=/\\":
        assert (drawn[character].xMin, drawn[character].xMax) == (LEFT, RIGHT)
    for character in "|/\\":
        assert (drawn[character].yMin, drawn[character].yMax) == (BOTTOM, TOP)
    assert drawn["_"].yMin == BOTTOM


def test_black_is_dark_and_characters_are_told_apart_in_a_picture_made_smaller() -> None:
    """At 0.7 of its size, as Discord shows a page of 100 columns, and even at half."""
    atlas = default_atlas()
    assert densest(atlas.ink) >= 0.52
    assert told_apart(atlas.ink, 0.7) == 1.0
    assert told_apart(atlas.ink, 0.5) > 0.99


def test_it_is_named_as_its_source_allows() -> None:
    names = {record.nameID: record.toUnicode() for record in TTFont(TTF)["name"].names}
    assert names[1] == names[4] == FAMILY
    assert not re.search("bitstream|vera|arev|tavmjong", "".join(names[i] for i in (1, 3, 4, 6)), re.IGNORECASE)
    assert "Bitstream" in names[0]
    assert "Bitstream Vera Fonts Copyright" in TTF.with_name("LICENSE").read_text(encoding="utf-8")


@pytest.mark.skipif(not SOURCE.exists(), reason=f"{SOURCE} is not installed; the files stand for themselves")
def test_it_is_built_to_the_byte(tmp_path: Path) -> None:
    for built, kept in zip(save(build(SOURCE), tmp_path), (TTF, WOFF2), strict=True):
        assert built.read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("form", ["html", "svg"])
def test_a_page_carries_the_typeface_when_its_picture_is_drawn_in_it(form: str) -> None:
    page = random_page(2, 8)
    text = encode(page, form).decode()
    carried = re.findall(r'url\(data:font/woff2;base64,([^)]*)\) format\("woff2"\)', text)
    assert [b64decode(data, validate=True) for data in carried] == [WOFF2.read_bytes()]
    assert f'"{FAMILY}", "DejaVu Sans Mono"' in text
    other = encode(random_page(2, 8, atlas=OTHER_ATLAS), form).decode()
    assert "url(" not in other
    assert FAMILY not in other
    assert "monospace" in other


def test_fewer_characters_of_the_typeface_are_still_in_it() -> None:
    ink = default_atlas().ink
    assert default_atlas().in_typeface
    assert Atlas("#!", ink[[PRINTABLE.index("#"), PRINTABLE.index("!")]]).in_typeface
    assert not Atlas("!#", ink[[PRINTABLE.index("#"), PRINTABLE.index("!")]]).in_typeface
    assert not Atlas("é", ink[:1]).in_typeface
    assert not OTHER_ATLAS.in_typeface
