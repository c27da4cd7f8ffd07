"""A page as one HTML file: selectable text on its own paper, nothing loaded from elsewhere."""

from html import escape

from models.page import Page, runs
from models.palettes import PAPER, RGB


def html(page: Page) -> str:
    """The page as a whole document.

    Its paper is the page's: characters chosen for light paper show a negative on dark, so a reader's dark theme
    changes nothing. Lines are as high as two characters are wide (`2ch`), whatever the font, and the letters grow
    or shrink with the window.
    """
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
html {{ background: {hexed(PAPER[page.background])}; print-color-adjust: exact; }}
body {{ margin: 0; display: grid; place-items: center; min-height: 100vh; }}
pre {{
  margin: 0; padding: 1ch; white-space: pre; line-height: 2ch; font-weight: bold;
  font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace;
  font-size: clamp(2px, calc(100vw / {page.columns + 2} / 0.62), 16px);
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
