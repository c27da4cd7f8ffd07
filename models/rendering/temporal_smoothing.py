"""Glyphs that stay while the picture stays: hysteresis from frame to frame, and a measure of what flickers.

A generator sees each frame by itself. Noise, dither and whatever moves elsewhere tip cells whose second-best
glyph is nearly as good, and still parts of an animation crawl. So a cell keeps its glyph until its own tone
changes from one frame to the next, or until another glyph is better by a margin, as it becomes when light fades.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays.planes import block_means
from models.atlas import CELL_HEIGHT, CELL_WIDTH

STILL: Final = 0.06
"""Most by which the tone, in [0, 1], of any part of a still cell differs: 15 levels of 255."""
MARGIN: Final = 4.0
"""Logits by which another glyph must be better for a still cell to take it (bench/animation.py has the effect)."""
_BLOCK: Final = 4


Array = NDArray[np.float32]
Glyphs = NDArray[np.int64]


def blocks(tones: Array) -> Array:
    """(B, rows · 16, columns · 8) tone to (B, rows, columns, 8): the means of each cell's blocks of 4×4 px.

    Noise and dither average out in them, and what can be seen does not.
    """
    down, across = CELL_HEIGHT // _BLOCK, CELL_WIDTH // _BLOCK
    means = block_means(tones, _BLOCK, _BLOCK)
    count, height, width = means.shape
    cells = means.reshape(count, height // down, down, width // across, across).transpose(0, 1, 3, 2, 4)
    return cells.reshape(count, height // down, width // across, -1)


def still(before: Array, after: Array) -> NDArray[np.bool_]:
    """Which cells hardly changed between two frames, from their `blocks`."""
    return np.asarray(np.abs(before - after).max(-1) <= STILL)


class TemporalSmoothing:
    """Remembers what stands in every cell, and what the picture last was there."""

    def __init__(self) -> None:
        self._glyphs: Glyphs | None = None
        self._blocks: Array
        self._ink: Array | None = None
        self._strength: Array | None = None

    def follow(
        self, scores: Array, tones: Array, ink: Array | None = None, strength: Array | None = None
    ) -> tuple[Glyphs, Array | None, Array | None]:
        """The next frames' glyphs, (B, rows, columns), from the scores of all, (B, rows, columns, N).

        `ink`, (B, rows, columns, 16, 8), is what a model draws freely, `strength`, (B, rows, columns), that of
        shaded ink; a cell that keeps its glyph keeps both, and they are returned, too. `tones` is
        (B, rows · 16, columns · 8).
        """
        best, seen = scores.argmax(-1), blocks(tones)
        for frame in range(len(best)):
            if self._glyphs is not None:
                old = self._glyphs
                standing = np.take_along_axis(scores[frame], old[..., None], -1)[..., 0]
                keep = still(self._blocks, seen[frame]) & (scores[frame].max(-1) - standing < MARGIN)
                best[frame] = np.where(keep, old, best[frame])
                if ink is not None and self._ink is not None:
                    ink[frame] = np.where(keep[..., None, None], self._ink, ink[frame])
                if strength is not None and self._strength is not None:
                    strength[frame] = np.where(keep, self._strength, strength[frame])
            self._glyphs, self._blocks = best[frame], seen[frame]
            self._ink = None if ink is None else ink[frame]
            self._strength = None if strength is None else strength[frame]
        return best, ink, strength


def flicker(tones: Array, glyphs: Glyphs) -> float:
    """Share, in %, of cells that are still between a frame and the next and all the same change their glyph.

    `tones` is (N, rows · 16, columns · 8), `glyphs` (N, rows, columns). 0 where no cell is still.
    """
    seen = blocks(tones)
    resting = still(seen[:-1], seen[1:])
    changed = glyphs[:-1] != glyphs[1:]
    return 100.0 * float((resting & changed).sum()) / max(1, int(resting.sum()))
