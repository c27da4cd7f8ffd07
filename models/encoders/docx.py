"""A page as a Word document: a paragraph a row in a monospaced font, sized so that it fits one sheet of A4."""

import io
from typing import Final

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENTATION
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from models.page import Page, runs
from models.palettes import PAPER

_FONT: Final = "Courier New"
"""On every Windows and Mac, and elsewhere replaced by Liberation Mono, which is as wide. A font that a computer
does not have, as none has the typeface, may be replaced by one whose letters differ in width."""

_SHEET_MM: Final = (210, 297)
_MARGIN_MM: Final = 12
_ADVANCE: Final = 0.602
"""A letter's width, as a share of the font's size, a hair more than Courier New's."""


def docx(page: Page) -> bytes:
    """The page as a .docx file's bytes."""
    document = Document()
    document.core_properties.title = f"A picture in {page.columns}×{page.rows} characters"
    document.core_properties.author = "Glyphcord"
    wide = page.columns > 2 * page.rows
    across, down = sorted(_SHEET_MM, reverse=wide)
    section = document.sections[0]
    section.orientation = WD_ORIENTATION.LANDSCAPE if wide else WD_ORIENTATION.PORTRAIT
    section.page_width, section.page_height = Mm(across), Mm(down)
    section.right_margin = section.bottom_margin = Mm(_MARGIN_MM)
    section.header_distance = section.footer_distance = Mm(0)
    room_mm = min((across - 2 * _MARGIN_MM) / page.columns, (down - 2 * _MARGIN_MM) / page.rows / 2)
    # Word knows sizes in half points.
    size = max(1.0, room_mm / 25.4 * 72 / _ADVANCE * 2 // 1 / 2)
    letter = _ADVANCE * size
    # In the middle of the sheet; what lies beyond stays free, for a font that is a little wider.
    section.left_margin = Pt((section.page_width.pt - page.columns * letter) / 2)
    section.top_margin = Pt((section.page_height.pt - page.rows * 2 * letter) / 2)
    _set_type(document, size)
    if page.background == "dark":
        _colour_paper(document, bytes(PAPER["dark"]).hex())
    for row in runs(page):
        paragraph = document.add_paragraph()
        for text, ink in row:
            paragraph.add_run(text).font.color.rgb = RGBColor(*ink)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _normal(document: Word) -> ParagraphStyle:
    style = document.styles["Normal"]
    if not isinstance(style, ParagraphStyle):
        raise TypeError("python-docx's template has changed: its style Normal is not for paragraphs")
    return style


def _set_type(document: Word, size: float) -> None:
    normal = _normal(document)
    font, spacing = normal.font, normal.paragraph_format
    font.name, font.size, font.bold, font.no_proof = _FONT, Pt(size), True, True
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(2 * _ADVANCE * size)
    spacing.widow_control = False


def _colour_paper(document: Word, colour: str) -> None:
    """The whole sheet, and each line for programs that print no sheet colour."""
    sheet = OxmlElement("w:background")
    sheet.set(qn("w:color"), colour)
    document.element.insert(0, sheet)
    # Word is strict about the order of elements (ECMA-376 part 1, 17.15.1.78 and 17.3.1.26).
    settings = document.settings.element
    settings.insert_element_before(OxmlElement("w:displayBackgroundShape"), "w:proofState", "w:defaultTabStop")
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    _normal(document).element.get_or_add_pPr().insert_element_before(shade, "w:spacing")
