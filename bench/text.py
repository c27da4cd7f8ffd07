"""How pages read as text, in faces that we do not choose: `python -m bench.text PHOTOS FACE.ttf…`.

A message, a .txt file and a terminal show characters in the reader's own face, with gaps between lines. Each page
is drawn there, at LINE_HEIGHTS times the font's size from line to line, scaled to the tone's size and compared
with it: fidelity (structural similarity after a fit of ink to tone, as a face's black is what it is) at σ 4, 8
and 16 px.

`message` is the shipped style as a message has it, set for one ink; `picture` the characters of its picture, set
for shaded ink; `for this face` what local search makes of the same tone with the face's own glyphs at that line
height. Held-out photos, for dark, 60 columns.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

from models.atlas import CELL_HEIGHT, CELL_WIDTH, PRINTABLE
from models.baselines.local_search import local_search
from models.baselines.per_cell import shade
from models.formats import rows_for
from models.quality.evaluate import VIEWING_SIGMAS
from models.rendering.renderer import Renderer
from models.rendering.tone import fit
from models.similarity import fidelity
from models.training.data import read_tones
from models.weights_file import find_weights

SIZE: Final = 14
"""px, as Discord sets code."""
LINE_HEIGHTS: Final = (1.15, 1.3)
COLUMNS: Final = 60
SWEEPS: Final = 3


def shown(lines: list[str], face: ImageFont.FreeTypeFont, line_height: float) -> NDArray[np.float32]:
    """The text's ink in that face, one row of characters below the other, (H, W) float32 in [0, 1]."""
    ascent, descent = face.getmetrics()
    step = SIZE * line_height
    size = (round(face.getlength("M") * max(map(len, lines))), round(step * len(lines)))
    picture = Image.new("L", size)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text((0, round(row * step + (step - ascent - descent) / 2)), line, fill=255, font=face)
    return np.asarray(picture, np.float32) / np.float32(255)


def glyphs_of(path: Path, line_height: float) -> torch.Tensor:
    """A face's printable characters as cells of 8×16 px, gaps included, (95, 16, 8)."""
    face = ImageFont.truetype(str(path), SIZE * 8)
    ascent, descent = face.getmetrics()
    step = SIZE * 8 * line_height
    cells = []
    for character in PRINTABLE:
        cell = Image.new("L", (round(face.getlength("M")), round(step)))
        ImageDraw.Draw(cell).text((0, (step - ascent - descent) / 2), character, fill=255, font=face)
        cells.append(np.asarray(cell.resize((CELL_WIDTH, CELL_HEIGHT), Image.Resampling.BOX), np.float32) / 255)
    return torch.from_numpy(np.stack(cells))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.text", description=__doc__.split("\n")[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("faces", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=12)
    arguments = parser.parse_args()
    renderer = Renderer(find_weights("classic", None))
    tones = [1 - tone for tone in read_tones(arguments.photos, arguments.count, held_out=True)]
    rows = rows_for(1, 1, COLUMNS)
    fitted = [torch.from_numpy(fit(tone, COLUMNS, rows))[None, None] for tone in tones]
    table = Table("face", "line height", "page", *(f"σ {sigma}" for sigma in VIEWING_SIGMAS))
    for path in arguments.faces:
        face = ImageFont.truetype(str(path), SIZE)
        for line_height in LINE_HEIGHTS:
            ink = glyphs_of(path, line_height)
            ways = {
                "message": [renderer.grid(tone, COLUMNS, focus=0.0, shaded=False).lines() for tone in tones],
                "picture": [renderer.grid(tone, COLUMNS, focus=0.0).lines() for tone in tones],
                "for this face": [_lines(local_search(page, shade(page, ink), ink, SWEEPS)[0]) for page in fitted],
            }
            for name, pages in ways.items():
                measures = [
                    _measures(shown(page, face, line_height), tone)
                    for page, tone in zip(pages, fitted, strict=True)
                ]
                values = np.mean(measures, 0)
                table.add_row(path.stem, f"{line_height:g}", name, *(f"{value:.3f}" for value in values))
    Console(width=100).print(table)


def _lines(glyphs: torch.Tensor) -> list[str]:
    return ["".join(PRINTABLE[glyph] for glyph in row) for row in glyphs[0].tolist()]


def _measures(ink: NDArray[np.float32], tone: torch.Tensor) -> list[float]:
    size = (tone.shape[3], tone.shape[2])
    seen = np.array(Image.fromarray(ink).resize(size, Image.Resampling.BOX), np.float32)
    page = torch.from_numpy(seen)[None, None]
    return [float(fidelity(page, tone, float(sigma))) for sigma in VIEWING_SIGMAS]


if __name__ == "__main__":
    main()
