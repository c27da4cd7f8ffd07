"""Formats of a page: text, ANSI, HTML, SVG, Word and PNG, all from the same characters and inks.

A module for each. None of them chooses anything: what a page shows was settled before it came here.
"""

from collections.abc import Callable
from typing import Final

from models.encoders.ansi import ansi
from models.encoders.html import html
from models.encoders.png import png
from models.encoders.svg import svg
from models.formats import FORMATS
from models.page import Page

__all__ = ["ansi", "encode"]


def _docx(page: Page) -> bytes:
    from models.encoders.docx import docx  # noqa: PLC0415 its libraries take 8 MB, and few ask for it

    return docx(page)


_ENCODERS: Final[dict[str, Callable[[Page], bytes]]] = {
    "png": png,
    "txt": lambda page: page.grid.text().encode(),
    "ans": lambda page: ansi(page).encode(),
    "html": lambda page: html(page).encode(),
    "svg": lambda page: svg(page).encode(),
    "docx": _docx,
}


def encode(page: Page, format: str) -> bytes:
    """The page as the bytes of a file of that format (`models.formats.FORMATS`). Raises KeyError for any other."""
    return _ENCODERS[FORMATS[format].suffix](page)
