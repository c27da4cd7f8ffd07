"""HTML and SVG as a browser lays them out, where Chromium or Chrome is installed."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from models.formats import encode
from tests.models.pages import random_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="neither Chromium nor Chrome is installed")


def measured(document: str, script: str, tmp_path: Path, width: int = 800) -> dict[str, object]:
    """What a script, run in the loaded document, returns."""
    assert BROWSER
    page = tmp_path / "page.html"
    report = f"document.title = JSON.stringify((() => {{ {script} }})())"
    page.write_text(f"{document}<script>addEventListener('load', () => {{ {report} }})</script>", encoding="utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
         f"--window-size={width},700", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
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
    replaced = re.sub('"DejaVu Sans Mono".*?;', f"{font};", drawing)
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
