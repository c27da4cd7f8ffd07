"""HTML and SVG as a browser lays them out, where Chromium or Chrome is installed."""

import html
import io
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.encoders import encode
from models.quality.measures import read
from tests.browser import CHROMIUM, chromium, needs_chromium
from tests.models.pages import random_page

pytestmark = needs_chromium


def measured(document: str, script: str, tmp_path: Path, width: int = 800) -> dict[str, object]:
    """What a script, run in the loaded document, returns."""
    assert CHROMIUM
    page = tmp_path / "page.html"
    report = f"document.title = JSON.stringify((() => {{ {script} }})())"
    page.write_text(f"{document}<script>addEventListener('load', () => {{ {report} }})</script>", encoding="utf-8")
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={width},700",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    titles = re.findall("<title>(.*?)</title>", done.stdout, re.DOTALL)
    answer: dict[str, object] = json.loads(html.unescape(titles[0]))
    return answer


@pytest.mark.parametrize("width", [520, 1400])
def test_html_is_selected_as_it_is_and_fits_the_window(width: int, tmp_path: Path) -> None:
    page = random_page(21, 64)
    page.grid.glyphs[[0, -1]] = 0
    script = """
        const pre = document.querySelector('pre'), ruler = document.createElement('span');
        getSelection().selectAllChildren(pre);
        const selected = getSelection().toString();
        ruler.textContent = '0'.repeat(64);
        pre.append(ruler);
        return {
            selected, cell: ruler.getBoundingClientRect().width / 64,
            line: parseFloat(getComputedStyle(pre).lineHeight),
            tooWide: document.documentElement.scrollWidth > innerWidth,
        };"""
    seen = measured(encode(page, "html").decode(), script, tmp_path, width)
    assert str(seen["selected"]).rstrip() == page.grid.text().rstrip()
    assert seen["line"] == pytest.approx(2 * float(str(seen["cell"])), rel=0.01)
    assert not seen["tooWide"]


@pytest.mark.parametrize(("font", "most"), [("monospace", 0.5), ("serif", 8.0)])
def test_svg_keeps_every_run_in_its_cells(font: str, most: float, tmp_path: Path) -> None:
    """`most`: px by which a character may stand beside its cell; with letters of all widths, one cell."""
    page = random_page(12, 60, "photo")
    page.grid.glyphs[:, ::7] = 0
    drawing = encode(page, "svg").decode()
    replaced = re.sub('"Glyphcord Cell", .*?;', f"{font};", drawing)
    assert replaced != drawing
    script = """
        let worst = 0;
        for (const run of document.querySelectorAll('tspan')) {
            const at = +run.getAttribute('x'), count = run.getNumberOfChars();
            for (let i = 0; i < count; i++)
                worst = Math.max(worst, Math.abs(run.getStartPositionOfChar(i).x - at - 8 * i));
        }
        return {worst, runs: document.querySelectorAll('tspan').length};"""
    seen = measured(f"<!DOCTYPE html><title></title>{replaced}", script, tmp_path)
    assert int(str(seen["runs"])) > 400
    assert float(str(seen["worst"])) <= most


@pytest.mark.parametrize("form", ["html", "svg"])
def test_a_page_looks_as_its_picture_does(form: str, tmp_path: Path) -> None:
    """Chromium's pixels, decoded by the atlas, are the page's characters: same glyphs, same cells, no gaps."""
    page = random_page(24, 80, "mono")
    file = tmp_path / f"page.{form}"
    file.write_bytes(encode(page, form))
    with chromium() as browser:
        # Room for the 80 characters of 8 px and a margin on each side, and not for a pixel a line more.
        tab = browser.new_page(viewport={"width": 82 * 8 + 8, "height": 700})
        tab.route("**/*", lambda route: route.continue_() if route.request.url == file.as_uri() else route.abort())
        tab.goto(file.as_uri())
        tab.evaluate("document.fonts.ready")
        at = tab.evaluate("""() => {
            const run = document.querySelector('pre, svg').getBoundingClientRect();
            const margin = document.querySelector('pre') ? 8 : 0;
            return [run.left + margin, run.top + margin];
        }""")
        shown = tab.screenshot(clip={"x": at[0], "y": at[1], "width": 80 * 8, "height": 24 * 16})
    with Image.open(io.BytesIO(shown)) as screenshot, Image.open(io.BytesIO(encode(page, "picture"))) as picture:
        seen, painted = (np.asarray(image.convert("L"), np.float32) for image in (screenshot, picture))
    assert np.corrcoef(seen.ravel(), painted.ravel())[0, 1] > 0.98
    book = torch.from_numpy(page.grid.atlas.ink)
    assert np.array_equal(read(torch.from_numpy(1 - seen / 255)[None, None], book).numpy(), page.grid.glyphs)
