"""The evaluation's results: a table for the terminal, JSON for programs, and a contact sheet to look at."""

import json
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.table import Table

from models.quality.evaluate import Row
from models.training.data import Ink

COLUMNS: Final = {
    "similarity_4": ("sim. σ4", "{:.3f}"),
    "similarity_8": ("σ8", "{:.3f}"),
    "similarity_16": ("σ16", "{:.3f}"),
    "edge_similarity": ("edges", "{:.3f}"),
    "legibility": ("legible", "{:.2f}"),
    "decode": ("decode", "{:.1%}"),
    "effective_glyphs": ("glyphs", "{:.1f}"),
    "frame": ("frame", "{:.1f}"),
    "fidelity": ("fidelity", "{:.3f}"),
    "ms": ("ms", "{:.0f}"),
    "megabytes": ("MB", "{:.1f}"),
}


def table(rows: list[Row], columns: int, lines: int, pages: int) -> Table:
    """The rows of one size, for a terminal."""
    result = Table(title=f"{columns}×{lines} cells, mean of {pages} pictures", title_justify="left")
    result.add_column("method", no_wrap=True)
    for title, _ in COLUMNS.values():
        result.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        if (row.columns, row.rows) == (columns, lines):
            cells = [
                "–" if (value := row.numbers[name]) is None else form.format(value)
                for name, (_, form) in COLUMNS.items()
            ]
            result.add_row(row.method, *cells)
    return result


def write_json(rows: list[Row], pages: int, path: Path) -> None:
    """The table for programs: each row with its size and measures."""
    report = {
        "pages": pages,
        "rows": [{"method": r.method, "columns": r.columns, "rows": r.rows, **r.numbers} for r in rows],
    }
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_sheet(tones: list[Ink], prints: dict[str, list[Ink]], path: Path) -> None:
    """A contact sheet: the tones in the first line, then a line per method, each picture 256 px wide."""
    side, label, most = 256, 18, 6
    lines = {"tone": tones, **prints}
    sheet = Image.new("L", (min(most, len(tones)) * side, len(lines) * (side + label)), 255)
    draw, face = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for line, (name, pictures) in enumerate(lines.items()):
        draw.text((4, line * (side + label) + 1), name, fill=0, font=face)
        for column, ink in enumerate(pictures[:most]):
            picture = Image.fromarray(np.rint((1 - ink) * 255).astype(np.uint8))
            small = picture.resize((side, side), Image.Resampling.BOX)
            sheet.paste(small, (column * side, line * (side + label) + label))
    sheet.save(path)
