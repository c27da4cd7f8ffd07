"""A page as an SVG drawing whose characters are text, each in its cell whatever font the viewer has."""

from html import escape

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.formats.html import hexed
from models.page import Page, runs
from models.palettes import PAPER

_FONT_SIZE = 13.3
"""px: a monospaced letter is about 0.602 of it wide, which makes a cell's 8 px."""

_BASELINE = 12
"""px below a cell's top."""


def svg(page: Page) -> str:
    """The page at 8×16 px a cell. `textLength` holds every run to its cells where a font is wider or narrower."""
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
            lines.append(f'<text y="{number * CELL_HEIGHT + _BASELINE}">{"".join(spans)}</text>\n')
    size = f'width="{width}" height="{height}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">
<title>A picture in {page.columns}×{page.rows} characters</title>
<style>
text {{ white-space: pre; font: bold {_FONT_SIZE}px "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
</style>
<rect {size} fill="{hexed(PAPER[page.background])}"/>
<g xml:space="preserve">
{"".join(lines)}</g>
</svg>
"""
