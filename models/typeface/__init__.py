"""Glyphcord Cell, the typeface of the pictures: where its files are, and how a page carries it along.

At a font size of 16 px its characters are 8 px wide and its lines 16 px high, without gaps between them.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final

FAMILY: Final = "Glyphcord Cell"
TTF: Final = Path(__file__).with_name("GlyphcordCell.ttf")
WOFF2: Final = Path(__file__).with_name("GlyphcordCell.woff2")

DESCENT: Final = 2
"""px of a cell's 16 that lie below the baseline, a whole number, so that the baseline lies between two rows of
pixels. Less than a text face has: the letters above it are the larger and the gaps between lines the smaller."""


@cache
def font_face(advance: float) -> str:
    """A rule of CSS that holds the whole typeface (6 kB), for bold text, and loads nothing from elsewhere.

    `advance` is how wide its characters shall be, as a share of the font size: about as wide as other monospaced
    faces have them, and a program that passes the rule over still sets them in their cells.
    """
    data = b64encode(WOFF2.read_bytes()).decode()
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: bold; size-adjust: {advance / 0.5:.4%};\n'
        f'  src: url(data:font/woff2;base64,{data}) format("woff2"); }}\n'
    )
