"""A page as an SVG drawing whose characters are text, each in its cell whatever font the viewer has."""

from html import escape
from typing import Final

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.encoders.html import faces, hexed
from models.page import Page, runs
from models.palettes import PAPER
from models.typeface import DESCENT

_FONT_SIZE: Final = 13.3
"""px: a monospaced letter is about 0.602 of it wide, which makes a cell's 8 px."""

_BASELINE: Final = 12
"""px below a cell's top, for other faces than the typeface."""


def svg(page: Page) -> str:
    """The page at 8×16 px a cell. `textLength` holds every run to its cells where a font is wider or narrower."""
    rule, families = faces(page, CELL_WIDTH / _FONT_SIZE)
    baseline = CELL_HEIGHT - DESCENT if rule else _BASELINE
    width, height = page.columns * CELL_WIDTH, page.rows * CELL_HEIGHT
    lines = []
    for number, row in enumerate(runs(page)):
        column, spans = 0, []
        for text, ink in row:
            spans.append(
                f'<tspan x="{column * CELL_WIDTH}" textLength="{len(text) * CELL_WIDTH}" fill="{hexed(ink)}">'
                f"{escape(text, quote=False)}</tspan>"
            )
            column += len(text)
        if spans:
            lines.append(f'<text y="{number * CELL_HEIGHT + baseline}">{"".join(spans)}</text>\n')
    size = f'width="{width}" height="{height}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">
<title>A picture in {page.columns}×{page.rows} characters</title>
<style>
{rule}text {{ white-space: pre; font: bold {_FONT_SIZE}px {families}; }}
</style>
<rect {size} fill="{hexed(PAPER[page.background])}"/>
<g xml:space="preserve">
{"".join(lines)}</g>
</svg>
"""
