"""A warm model: weights loaded once, tone in, a page of characters out."""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.choose import choose
from models.forms import rows_for
from models.grid import Grid
from models.teachers import join_cells
from models.tone import fit
from models.weights_file import WeightsError, find_weights, load_weights

__all__ = ["Renderer", "WeightsError", "find_weights", "pick_device"]

FLAT: Final = 4 / 255
"""A picture whose tones all lie this close together has no structure."""


def pick_device(wanted: str) -> str:
    """`auto` becomes `cuda` where a GPU answers, else `cpu`. Raises WeightsError if `cuda` is asked in vain."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise WeightsError("DEVICE=cuda, but PyTorch finds no GPU here")
    return wanted


class Renderer:
    """One loaded weights file. `name` is the file's stem, `version` the start of its sha256."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        """Load, check and move to the device. Raises WeightsError with the reason."""
        weights = load_weights(path)
        self.name, self.version, self.device = weights.name, weights.version, device
        self.atlas, self.metadata = weights.atlas, weights.metadata
        self._generator, self._variety = weights.generator.to(device), weights.variety

    @torch.inference_mode()
    def grid(self, tone: NDArray[np.float32], columns: int) -> Grid:
        """Choose a glyph for every cell of a page that keeps the aspect of `tone`, (H, W) in [0, 1]."""
        height, width = tone.shape
        rows = rows_for(width, height, columns)
        fitted = fit(tone, columns, rows)
        if float(np.ptp(fitted)) < FLAT:
            # Nothing to decide: one glyph as dark as the picture, everywhere.
            wanted = float(fitted.mean()) * self.atlas.densest
            glyph = int(np.abs(self.atlas.ink.mean((1, 2)) - wanted).argmin())
            return Grid(np.full((rows, columns), glyph, np.int64), self.atlas)
        logits = self._generator(torch.from_numpy(fitted)[None, None].to(self.device))
        if self._generator.config.head == "glyphs":
            return Grid(choose(logits, self._variety)[0].cpu().numpy(), self.atlas)
        cells = logits.sigmoid()
        book = torch.from_numpy(self.atlas.ink).flatten(1).to(cells)
        nearest = ((book**2).sum(1) - 2.0 * cells @ book.T).argmin(-1)
        pixels = join_cells(cells.unflatten(-1, (CELL_HEIGHT, CELL_WIDTH)))
        return Grid(nearest[0].cpu().numpy(), self.atlas, pixels[0, 0].float().cpu().numpy())
