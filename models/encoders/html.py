"""A page as one HTML file: selectable text on its own paper, nothing loaded from elsewhere."""

from html import escape
from typing import Final

from models.colour_names import RGB
from models.page import Page, runs
from models.palettes import PAPER
from models.typeface import FAMILY, font_face

_OTHERS: Final = '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'
_ADVANCE: Final = 0.625
"""A character's width as a share of the font size, a hair more than the widest of the other faces."""

_STEP: Final = 0.5 / _ADVANCE
"""px of font size that make a line, two characters high, a pixel higher."""


def faces(page: Page, advance: float) -> tuple[str, str]:
    """The CSS of the page's type: a rule that holds the typeface, and the families to take the first of.

    The rule is empty for a page whose glyphs are not the typeface's: any monospaced face comes as near to those.
    """
    if not page.grid.atlas.in_typeface:
        return "", _OTHERS
    return font_face(advance), f'"{FAMILY}", {_OTHERS}'


def html(page: Page) -> str:
    """The page as a whole document.

    Its paper is the page's: characters chosen for light paper show a negative on dark, so a reader's dark theme
    changes nothing. Lines are as high as two characters are wide (`2ch`), whatever the font, and the letters grow
    or shrink with the window, in steps of a pixel a line, so that no seam shows where rows meet.
    """
    rule, families = faces(page, _ADVANCE)
    size = f"clamp(2px, calc(100vw / {page.columns + 2} / {_ADVANCE}), 16px)"
    rows = "\n".join(
        "".join(f'<span style="color:{hexed(ink)}">{escape(text, quote=False)}</span>' for text, ink in row)
        for row in runs(page)
    )
    # A newline right after <pre> is dropped by HTML, so an empty first row needs one more.
    return f"""<!DOCTYPE html>
<html lang="zxx">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{page.background}">
<title>A picture in {page.columns}×{page.rows} characters</title>
<style>
{rule}html {{ background: {hexed(PAPER[page.background])}; print-color-adjust: exact; }}
body {{ margin: 0; display: grid; place-items: center; min-height: 100vh; }}
pre {{
  margin: 0; padding: 1ch; white-space: pre; line-height: 2ch; font-weight: bold;
  font-family: {families};
  font-size: {size}; font-size: round(down, {size}, {_STEP:g}px);
  font-variant-ligatures: none; text-size-adjust: none; -webkit-text-size-adjust: none;
}}
</style>
</head>
<body>
<pre role="img" aria-label="A picture made of {page.columns}×{page.rows} characters">
{rows}
</pre>
</body>
</html>
"""


def hexed(rgb: RGB) -> str:
    """`#rrggbb`."""
    return "#" + bytes(rgb).hex()
