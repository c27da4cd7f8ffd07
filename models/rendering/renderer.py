"""A warm model: weights loaded once, tone in, a page of characters out.

Ink may be shaded: where a page is to be lighter, its characters are not only fewer strokes but paler, too. With one
ink for all, a middle tone is half ink and half paper, and close up one sees the pattern before the picture. Paler
ink needs more of it for the same tone: fuller characters, closer in tone to the paper, whose pattern is calmer.
Which characters a page has is settled with that in mind; as plain text they say the same tone, a little darker.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays.areas import calm_glyph
from models.arrays.focus import auto_focus, is_subject, small_as
from models.arrays.planes import block_means
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.formats import columns_within, rows_for
from models.inference.choice import load_runtime
from models.inference.runtime import OutOfMemory, Runtime
from models.page import Grid
from models.palettes import Background
from models.rendering.calibration import pages
from models.rendering.temporal_smoothing import TemporalSmoothing
from models.rendering.tone import fit
from models.weights_file import LoadedWeights, load_weights

Array = NDArray[np.float32]
Glyphs = NDArray[np.int64]

FLAT: Final = 4 / 255
"""A picture whose tones all lie this close together has no structure."""
FLAT_SCORE: Final = 1e4
"""So much every other glyph loses on such a page: no smoothing outweighs it."""
BATCH: Final = 8
"""Frames of an animation in one forward pass."""
DARKER: Final = 0.3
"""So much darker than its background a subject has to be for light paper. Of the same pictures, readers name more
on dark paper (docs/evaluation.md): light ink on black has more contrast than black ink, never quite solid, on
white."""
WHITE: Final = 0.08
"""Tone up to which a place is white paper in the picture itself."""
WHITE_SHARE: Final = 0.5
"""A picture with more white is a page, a drawing or a logo: dark on white, as it is meant to be."""
LEVELS: Final = 12
"""So many strengths of ink there are: neighbours that are alike then share one, and files stay small."""


class Renderer:
    """One loaded weights file. `name` is the file's stem, `version` the start of its sha256."""

    def __init__(
        self,
        weights: Path | LoadedWeights,
        device: str = "cpu",
        *,
        threads: int | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        """Load, check and move to the device. Raises WeightsError with the reason, OutOfMemory where a GPU is full.

        `threads` are the processor's for one page, by default the runtime's own choice. `runtime` is for another
        than the device's.
        """
        if isinstance(weights, Path):
            weights = load_weights(weights)
        self.name, self.version, self.sha256 = weights.name, weights.version, weights.sha256
        self.atlas, self.metadata = weights.atlas, weights.metadata
        self.runtime = runtime or load_runtime(weights, device, pages, threads)
        self._head, self._least_strength = weights.config.head, weights.least_strength
        self.refinement_sweeps = weights.proof_sweeps if self._head == "glyphs" else 0

    @property
    def device(self) -> str:
        return self.runtime.device

    def grid(
        self, tone: Array, columns: int, *, focus: float | None = None, shaded: bool = True, refine: bool = True
    ) -> Grid:
        """Choose a glyph for every cell of a page that keeps the aspect of `tone`, (H, W) in [0, 1].

        `focus` is how much of the background gives way to the subject, from 0 (nothing) to 1 (all of it); None
        leaves that to the model. `shaded` is for ink whose strength can be chosen; what is read as bare text is
        better set for one. `refine` lets the page be refined as its weights file asks for; without it, the
        generator's choice stands.
        """
        return self.grids(tone[None], columns, focus=focus, shaded=shaded, refine=refine)[0]

    def background_for(self, tone: Array) -> Background:
        """The paper on which a picture's subject stands out more; `tone` as for light paper, (H, W), 1 is black.

        A model that knows no subjects says dark, unless most of the picture is white.
        """
        return choose_background(tone, self.runtime.subject(tone[None])[0])

    def subject_of(self, tone: Array) -> Array:
        """How likely each place of a picture, (H, W) in [0, 1], is to be its subject: (h, w), a smaller one."""
        subject: Array = self.runtime.subject(tone[None])[0]
        return subject

    def grids(
        self,
        tones: Array,
        columns: int,
        *,
        focus: float | None = None,
        batch: int = BATCH,
        smooth: bool = True,
        shaded: bool = True,
        refine: bool = True,
        most_s: float = math.inf,
        after_batch: Callable[[int], None] = lambda done: None,
    ) -> list[Grid]:
        """A page for each frame of `tones`, (N, H, W) in [0, 1], `batch` frames in one forward pass.

        `focus` and `shaded` are as in `grid`; a model that is left to itself keeps an animation's background, as
        its subject may come and go. `smooth` keeps a cell's glyph from frame to frame while its picture does not
        change (models.rendering.temporal_smoothing). A frame that is alone is refined (`refine`); among others that
        would cost time and flicker. `after_batch` hears how many frames are done, and may end the work
        by raising. After `most_s` seconds no batch is begun, so there may be fewer pages than frames. A GPU that
        has no room for a batch gets smaller ones; raises OutOfMemory when it has none for one frame.
        """
        height, width = tones.shape[1:]
        columns = columns_within(width, height, columns)
        rows = rows_for(width, height, columns)
        smoothing = TemporalSmoothing() if smooth and len(tones) > 1 else None
        least = self._least_strength if shaded else 1.0
        grids: list[Grid] = []
        end = time.monotonic() + most_s
        while len(grids) < len(tones) and (not grids or time.monotonic() < end):
            fitted = np.stack([fit(tone, columns, rows) for tone in tones[len(grids) : len(grids) + batch]])
            try:
                shown = self._shown(fitted, focus if len(tones) == 1 or focus is not None else 0.0)
                wanted = full_ink(shown, least)
                logits = self.runtime.logits(wanted)
            except OutOfMemory:
                if batch == 1:
                    raise
                logits = None
            if logits is None:  # the error's frames are gone, and with them the tensors to be freed
                self.runtime.free()
                batch = max(1, len(fitted) // 2)
                continue
            scores, ink = self._scores(fitted, wanted, logits)
            glyphs = scores.argmax(-1)
            strength = None if least == 1 else strength_of(block_means(shown, CELL_HEIGHT, CELL_WIDTH), least)
            if smoothing:
                glyphs, ink, strength = smoothing.follow(scores, fitted, ink, strength)
            if refine and self.refinement_sweeps and len(tones) == 1 and not _is_flat(fitted[0]):
                glyphs = self._refined(wanted[0], glyphs[0])[None]
            pages = [None] * len(fitted) if ink is None else list(_joined(ink))
            inks = [None] * len(fitted) if strength is None else list(strength)
            grids += map(Grid, glyphs, [self.atlas] * len(fitted), pages, inks)
            after_batch(len(grids))
        return grids

    def _shown(self, fitted: Array, focus: float | None) -> Array:
        """The tone that each page is to show; both are (B, rows · 16, columns · 8)."""
        if focus == 0:
            return fitted
        subject = self.runtime.subject(fitted)
        wanted = auto_focus(subject) if focus is None else np.full(len(fitted), focus, np.float32)
        wanted[[_is_flat(page) for page in fitted]] = 0.0  # whatever is found there is none
        return self.runtime.compose(fitted, subject, wanted) if wanted.any() else fitted

    def _scores(self, fitted: Array, wanted: Array, logits: Array) -> tuple[Array, Array | None]:
        """Tone, as it is and as it is to be set, and the network's answer, to a score of every glyph.

        Scores are (B, rows, columns, N), and the best one wins; with them, from a model that draws freely, comes
        the ink of every cell, (B, rows, columns, 16, 8).
        """
        book = self.atlas.ink
        ink: Array | None = None
        if self._head == "glyphs":
            scores = logits
        else:
            shares = np.asarray(1 / (1 + np.exp(-logits)), np.float32)
            ink = shares.reshape(*logits.shape[:3], CELL_HEIGHT, CELL_WIDTH)
            scores = nearness(shares, book.reshape(len(book), -1))
        for page, tone in enumerate(fitted):
            if _is_flat(tone):
                # Nothing to decide: the glyph that is about as dark as the picture and calm, everywhere.
                one = calm_glyph(float(wanted[page].mean()), book)
                scores[page] = -FLAT_SCORE
                scores[page, ..., one] = 0.0
                if ink is not None:
                    ink[page] = book[one]
        return scores, ink

    def _refined(self, shown: Array, glyphs: Glyphs) -> Glyphs:
        """The page's glyphs, refined where a GPU has room for that."""
        try:
            return self.runtime.refine(shown, glyphs, self.refinement_sweeps)
        except OutOfMemory:
            return glyphs


def nearness(cells: Array, book: Array) -> Array:
    """How near every cell (…, P) is to every glyph of `book` (N, P), (…, N): 0 and less, but for the cell's own
    square, which is the same for all."""
    return np.asarray(2 * cells @ book.T - (book**2).sum(1), np.float32)


def _joined(cells: Array) -> Array:
    """Cells (B, rows, columns, h, w) to pages (B, rows · h, columns · w)."""
    batch, rows, columns, height, width = cells.shape
    return cells.swapaxes(2, 3).reshape(batch, rows * height, columns * width)


def _is_flat(tone: Array) -> bool:
    return float(np.ptp(tone)) < FLAT


def choose_background(tone: Array, subject: Array) -> Background:
    """The paper on which a picture's subject stands out more.

    `tone` (H, W) is as for light paper, 1 being black; `subject` (h, w) its probabilities.
    """
    if float((tone < WHITE).mean()) > WHITE_SHARE:
        return "light"
    share = float(subject.mean())
    if not is_subject(np.float32(share)):
        return "dark"
    small = small_as(tone[None], subject[None])[0]
    inside = float((small * subject).mean()) / share
    outside = float((small * (1 - subject)).mean()) / (1 - share)
    return "light" if inside - outside > DARKER else "dark"


def full_ink(tone: Array, least: float) -> Array:
    """The tone to set with ink of one strength, so that with shaded ink `tone` is seen, both in [0, 1].

    `least` is the strength where the tone is 0; it grows with the tone, up to 1.
    """
    if least == 1:
        return tone
    ink = tone * np.float32(1 - least)  # in place from here: this is as large as the page
    ink += np.float32(least)
    return np.asarray(np.divide(tone, ink, out=ink), np.float32)


def strength_of(tone: Array, least: float) -> Array:
    """How strong ink is at each tone, in [0, 1], in LEVELS steps from `least` to 1; the same shape."""
    steps = np.rint(np.clip(tone, 0, 1) * np.float32(LEVELS - 1)) / np.float32(LEVELS - 1)
    return np.asarray(np.float32(least) + np.float32(1 - least) * steps, np.float32)
