"""Every format read back by a reader of its own kind: the same characters, in the same ink."""

import io
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from xml.etree import ElementTree

import docx as word
import numpy as np
import pytest
from docx.shared import Length, Mm
from docx.styles.style import ParagraphStyle
from PIL import Image

from models.colour_names import RGB
from models.encoders import ansi, encode
from models.encoders.png import paint, picture_within
from models.page import Page
from models.palettes import PAPER, Background
from tests.models.pages import ATLAS, page_of_lines, random_page

Cell = tuple[str, RGB | None]
"""A character and its ink; blank cells have none."""

PAGES = [
    pytest.param(palette, background, id=f"{palette}-{background}")
    for palette in ("blue", "mono", "photo")
    for background in ("light", "dark")
]
SGR = re.compile("\x1b\\[([0-9;]*)m")


def cells(page: Page) -> list[list[Cell]]:
    """What a page shows, as a table of characters and inks."""
    inks = page.inks.tolist()
    return [
        [(character, None if character == " " else tuple(ink)) for character, ink in zip(line, row, strict=True)]
        for line, row in zip(page.grid.lines(), inks, strict=True)
    ]


def padded(rows: list[list[Cell]], page: Page) -> list[list[Cell]]:
    """Rows as read, blank ink removed, filled up to the page's width."""
    bare: list[list[Cell]] = [[(c, None if c == " " else ink) for c, ink in row] for row in rows]
    return [row + [(" ", None)] * (page.columns - len(row)) for row in bare]


def triple(values: Iterable[int | str]) -> RGB:
    red, green, blue = map(int, values)
    return red, green, blue


def rgb(colour: str) -> RGB:
    return triple(bytes.fromhex(colour.removeprefix("#")))


def read_text(data: bytes) -> list[list[Cell]]:
    return [[(character, None) for character in line] for line in data.decode().split("\n")[:-1]]


def read_ansi(data: bytes) -> list[list[Cell]]:
    """As a terminal with 24-bit colours would show it; every cell must have its paper."""
    ink: RGB | None = None
    paper: RGB | None = None
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    for part in re.split("(\x1b\\[[0-9;]*m|\n)", data.decode()):
        if part == "\n":
            assert paper is None, "the paper must not run on past the end of a row"
            rows.append(row)
            row = []
        elif match := SGR.fullmatch(part):
            codes = match[1].split(";")
            if codes == ["0"]:
                ink = paper = None
            elif codes[:2] == ["38", "2"]:
                ink = triple(codes[2:])
            else:
                assert codes[:2] == ["48", "2"]
                paper = triple(codes[2:])
        else:
            assert not part or paper in PAPER.values()
            row += [(character, ink) for character in part]
    return rows


class Reader(HTMLParser):
    """The characters inside <pre> and the colour of the span around each."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[Cell]] = []
        self.inside, self.ink = False, (0, 0, 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self.inside = True
        if tag == "span":
            self.ink = rgb((dict(attrs)["style"] or "").removeprefix("color:"))
        assert not {"src", "href"} & dict(attrs).keys(), "one file, nothing from elsewhere"

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            for character in data:
                if character == "\n":
                    self.rows.append([])
                else:
                    self.rows[-1].append((character, self.ink))


def read_html(data: bytes) -> list[list[Cell]]:
    reader = Reader()
    reader.feed(data.decode())
    return reader.rows[:-1]


def read_svg(data: bytes) -> list[list[Cell]]:
    """By where each run stands and how long it is said to be, so that a wrong place is a wrong character."""
    root = ElementTree.fromstring(data)
    space = {"s": "http://www.w3.org/2000/svg"}
    columns, rows = int(root.attrib["width"]) // 8, int(root.attrib["height"]) // 16
    table: list[list[Cell]] = [[(" ", None)] * columns for _ in range(rows)]
    for line in root.iterfind(".//s:text", space):
        row, offset = divmod(int(line.attrib["y"]), 16)
        assert offset == 14
        for span in line.iterfind("s:tspan", space):
            text, ink = span.text or "", rgb(span.attrib["fill"])
            assert int(span.attrib["textLength"]) == 8 * len(text)
            start = int(span.attrib["x"]) // 8
            table[row][start : start + len(text)] = [(character, ink) for character in text]
    return table


def read_docx(data: bytes) -> list[list[Cell]]:
    document = word.Document(io.BytesIO(data))
    return [
        [(character, rgb(str(run.font.color.rgb))) for run in paragraph.runs for character in run.text]
        for paragraph in document.paragraphs
    ]


def read_picture(data: bytes, page: Page) -> list[list[Cell]]:
    """Each cell's character by matching it with the atlas in the ink that belongs there."""
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"), np.float64)
    paper = np.array(PAPER[page.background], np.float64)
    table: list[list[Cell]] = []
    for row in range(page.rows):
        table.append([])
        for column in range(page.columns):
            ink = page.inks[row, column].astype(np.float64)
            cell = pixels[16 * row : 16 * row + 16, 8 * column : 8 * column + 8]
            misfit = np.abs(paper + (ink - paper) * ATLAS.ink[..., None] - cell).max((1, 2, 3))
            found = misfit.min() <= 0.5 + 1e-4  # half a level: rounding and no more
            character = ATLAS.charset[int(misfit.argmin())] if found else "\N{REPLACEMENT CHARACTER}"
            table[-1].append((character, triple(page.inks[row, column])))
    return table


READERS = {"ansi": read_ansi, "html": read_html, "svg": read_svg, "docx": read_docx}


@pytest.mark.parametrize(("palette", "background"), PAGES)
def test_every_format_reads_back_the_same(palette: str, background: Background) -> None:
    page = random_page(12, 40, palette, background)
    page.grid.glyphs[[0, 5, 11]] = 0  # blank rows at both ends and inside
    page.grid.glyphs[7, 20:] = 0
    page.grid.glyphs[8, :20] = 0
    expected = cells(page)
    for format, read in READERS.items():
        assert padded(read(encode(page, format)), page) == expected, format
    assert padded(read_picture(encode(page, "picture"), page), page) == expected
    characters = [[(character, None) for character, _ in row] for row in expected]
    assert padded(read_text(encode(page, "text")), page) == characters


def test_text_is_exact_to_the_byte() -> None:
    page = page_of_lines("  ", "a ", "`<", "  ")
    assert encode(page, "text") == b"\na\n`<\n\n"


def test_256_colours_come_near_the_ink() -> None:
    page = random_page(10, 30, "photo", "dark")
    levels = (0, 95, 135, 175, 215, 255)
    for line, row in zip(ansi(page, 256).split("\n"), cells(page), strict=False):
        at = 0
        for index, text in re.findall("\x1b\\[38;5;(\\d+)m([^\x1b]+)", line):
            number = int(index)
            assert 16 <= number <= 255
            cube = np.array([levels[(number - 16) // step % 6] for step in (36, 6, 1)])
            shown = np.full(3, 8 + 10 * (number - 232)) if number >= 232 else cube
            for character in text:
                if row[at] != (" ", None):
                    assert (character, True) == (row[at][0], bool(np.abs(shown - row[at][1]).max() <= 48))
                at += 1


@pytest.mark.parametrize(
    ("palette", "codes"),
    [
        ("mono", set()),
        ("green", {"0;32"}),
        ("amber", {"0;33"}),
        ("#ff0000-#ff0000", {"1;31"}),
        ("#008080-#008080", {"0;36"}),
        ("#ff2d96-#ff2d96", {"1;35"}),
        ("#0000ff-#0000ff", {"1;34"}),
    ],
)
def test_sixteen_colours(palette: str, codes: set[str]) -> None:
    page = page_of_lines("ab c", " d  ", palette=palette)
    text = ansi(page, 16)
    assert set(SGR.findall(text)) - {"0"} == codes
    assert SGR.sub("", text) == page.grid.text()


def test_a_picture_keeps_every_pixel_while_it_can_and_every_glyph_always() -> None:
    page = random_page(32, 64, "photo")
    exact = np.asarray(paint(page))
    limit, seen = 10_000_000, []
    while picture := picture_within(page, limit):
        assert len(picture.data) <= limit
        with Image.open(io.BytesIO(picture.data)) as image:
            assert image.format == picture.suffix.upper()
            pixels = np.asarray(image.convert("RGB"))
        assert pixels.shape == exact.shape
        if picture.levels is None:
            assert np.array_equal(pixels, exact)
        else:
            span = np.abs(page.inks.astype(int) - PAPER["light"]).repeat(16, 0).repeat(8, 1)
            assert (np.abs(pixels.astype(int) - exact) <= span / (picture.levels - 1) / 2 + 1).all()
        seen.append((picture.suffix, picture.levels))
        limit = len(picture.data) - 1
    assert seen == [("png", None), ("webp", None), ("png", 4), ("png", 2)]


def test_one_ink_halves_the_picture() -> None:
    one, many = (len(encode(random_page(32, 64, palette), "picture")) for palette in ("mono", "blue"))
    assert one < many / 2


@pytest.mark.parametrize(("rows", "columns"), [(4, 200), (32, 64), (100, 200), (400, 50), (160, 20)])
def test_a_document_fits_its_sheet(rows: int, columns: int) -> None:
    document = word.Document(io.BytesIO(encode(random_page(rows, columns), "docx")))
    section, normal = document.sections[0], document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    size, line = points(normal.font.size), points(normal.paragraph_format.line_spacing)
    room_across = points(section.page_width) - points(section.left_margin) - points(section.right_margin)
    room_down = points(section.page_height) - points(section.top_margin) - points(section.bottom_margin)
    assert size * 2 == int(size * 2)
    assert columns * size * 0.602 <= room_across
    assert rows * line <= room_down
    assert len(document.paragraphs) == rows
    twip = 0.05  # Word's unit, to which a line's height is rounded, too
    assert points(section.left_margin) == pytest.approx(
        middle(section.page_width, columns * size * 0.602), abs=twip
    )
    assert points(section.top_margin) == pytest.approx(middle(section.page_height, rows * line), abs=twip * rows)
    assert min(points(section.left_margin), points(section.top_margin)) >= points(Mm(12))


def points(length: object) -> float:
    assert isinstance(length, Length)
    return float(length.pt)


def middle(sheet: object, content: float) -> float:
    """What is left on either side of it, in points."""
    return (points(sheet) - content) / 2
