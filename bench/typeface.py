"""How typefaces built from other fonts, and heavier or lighter ones, would do: `python -m bench.typeface FONT…`.

For each, the ink of its heaviest character and of its twelve heaviest, as shares of a cell, and how many characters
are told apart on a page that was made smaller, as Discord makes a posted picture, and looked at at its old size.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH, PRINTABLE, draw_atlas
from models.quality.measures import read
from models.typeface import DESCENT
from models.typeface.build import WEIGHT, build, save

WEIGHTS: Final = (0.0, 0.125, 0.25, WEIGHT, 0.5)
DESCENTS: Final = (2, 3, 4)
SCALES: Final = (0.7, 0.5, 0.4)


def told_apart(ink: NDArray[np.float32], scale: float, columns: int = 100, rows: int = 60) -> float:
    """The share of a page's random characters that are read back after it was scaled down and up again.

    `ink` is (N, 16, 8). Each cell is read as the nearest glyph of a book that was scaled likewise. On a page of
    many columns a cell's edge falls on every part of a smaller pixel.
    """
    glyphs = np.random.default_rng(0).integers(0, len(ink), (rows, columns))
    page = ink[glyphs].transpose(0, 2, 1, 3).reshape(rows * CELL_HEIGHT, columns * CELL_WIDTH)
    alone = np.pad(ink, ((0, 0), (CELL_HEIGHT, CELL_HEIGHT), (CELL_WIDTH, CELL_WIDTH)))
    book = np.stack([_scaled(glyph, scale) for glyph in alone])[:, CELL_HEIGHT:-CELL_HEIGHT, CELL_WIDTH:-CELL_WIDTH]
    seen = torch.from_numpy(_scaled(page, scale))[None, None]
    return float((read(seen, torch.from_numpy(book)).numpy() == glyphs).mean())


def _scaled(ink: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Ink made smaller and then as large as before, in the bytes of a picture."""
    image = Image.fromarray(np.rint(ink * 255).astype(np.uint8))
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return np.asarray(small.resize(image.size, Image.Resampling.LANCZOS), np.float32) / np.float32(255)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.typeface", description=main.__doc__)
    parser.add_argument("fonts", type=Path, nargs="+", help="monospaced fonts with TrueType outlines")
    fonts: list[Path] = parser.parse_args().fonts
    scales = " | ".join(f"at {scale}" for scale in SCALES)
    print(f"| font | weight | below the baseline | heaviest | twelve heaviest | which | {scales} |")
    print(f"|{' --- |' * (6 + len(SCALES))}")
    for font in fonts:
        for weight in WEIGHTS:
            for descent in DESCENTS if font == fonts[0] and weight == WEIGHT else (DESCENT,):
                with TemporaryDirectory() as folder:
                    ink = draw_atlas(save(build(font, weight, descent), Path(folder))[0]).ink
                _print_row(f"{font.stem} | {weight:g} | {descent}", ink)


def _print_row(what: str, ink: NDArray[np.float32]) -> None:
    covered = ink.mean((1, 2))
    heaviest = covered.argsort()[::-1][:12]
    which = "".join(PRINTABLE[index] for index in heaviest)
    shares = " | ".join(f"{told_apart(ink, scale):.1%}" for scale in SCALES)
    print(f"| {what} | {covered.max():.3f} | {covered[heaviest].mean():.3f} | `{which}` | {shares} |", flush=True)


if __name__ == "__main__":
    main()
