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
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.baselines import local_search
from models.baselines.per_cell import distances, join_cells, shade
from models.formats import columns_within, rows_for
from models.nn.focus import auto_focus, compose, is_subject, small_as
from models.page import Grid
from models.palettes import Background
from models.rendering.temporal_smoothing import TemporalSmoothing
from models.rendering.tone import fit
from models.weights_file import LoadedWeights, WeightsError, find_weights, load_weights

__all__ = ["Renderer", "WeightsError", "find_weights", "pick_device"]

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


def pick_device(wanted: str) -> str:
    """`auto` becomes `cuda` where a GPU answers, else `cpu`. Raises WeightsError if `cuda` is asked in vain."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise WeightsError("DEVICE=cuda, but PyTorch found no GPU")
    return wanted


class Renderer:
    """One loaded weights file. `name` is the file's stem, `version` the start of its sha256."""

    def __init__(self, weights: Path | LoadedWeights, device: str = "cpu") -> None:
        """Load, check and move to the device. Raises WeightsError with the reason."""
        if isinstance(weights, Path):
            weights = load_weights(weights)
        self.name, self.version, self.sha256, self.device = weights.name, weights.version, weights.sha256, device
        self.atlas, self.metadata = weights.atlas, weights.metadata
        self._generator = weights.generator.to(device)
        self._ink = torch.from_numpy(weights.atlas.ink).to(device)
        self._least_strength = weights.least_strength
        self.refinement_sweeps = weights.proof_sweeps if weights.generator.config.head == "glyphs" else 0

    def grid(
        self,
        tone: NDArray[np.float32],
        columns: int,
        *,
        focus: float | None = None,
        shaded: bool = True,
        refine: bool = True,
    ) -> Grid:
        """Choose a glyph for every cell of a page that keeps the aspect of `tone`, (H, W) in [0, 1].

        `focus` is how much of the background gives way to the subject, from 0 (nothing) to 1 (all of it); None
        leaves that to the model. `shaded` is for ink whose strength can be chosen; what is read as bare text is
        better set for one. `refine` lets the page be refined as its weights file asks for; without it, the
        generator's choice stands.
        """
        return self.grids(tone[None], columns, focus=focus, shaded=shaded, refine=refine)[0]

    @torch.inference_mode()
    def background_for(self, tone: NDArray[np.float32]) -> Background:
        """The paper on which a picture's subject stands out more; `tone` as for light paper, (H, W), 1 is black.

        A model that knows no subjects says dark, unless most of the picture is white.
        """
        whole = torch.from_numpy(tone)[None, None].to(self.device)
        return choose_background(whole.cpu(), self._generator.subject(whole).float().cpu())

    @torch.inference_mode()
    def grids(
        self,
        tones: NDArray[np.float32],
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
        has no room for a batch gets smaller ones; raises torch.OutOfMemoryError when it has none for one frame.
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
                scores, ink = self._scores(fitted, full_ink(shown, least))
            except torch.OutOfMemoryError:
                if batch == 1:
                    raise
                scores = None
            if scores is None:  # the error's frames are gone, and with them the tensors to be freed
                torch.cuda.empty_cache()
                batch = max(1, len(fitted) // 2)
                continue
            glyphs = scores.argmax(-1)
            means = F.avg_pool2d(shown, (CELL_HEIGHT, CELL_WIDTH))[:, 0]
            strength = None if least == 1 else strength_of(means, least)
            if smoothing:
                glyphs, ink, strength = smoothing.follow(scores, fitted, ink, strength)
            if refine and self.refinement_sweeps and len(tones) == 1 and not _is_flat(fitted[0]):
                scores = None  # a large page's would be in the way
                glyphs = self._refined(full_ink(shown, least), glyphs)
            pages = [None] * len(fitted) if ink is None else list(join_cells(ink)[:, 0].float().cpu().numpy())
            inks = [None] * len(fitted) if strength is None else list(strength.float().cpu().numpy())
            grids += map(Grid, glyphs.cpu().numpy(), [self.atlas] * len(fitted), pages, inks)
            after_batch(len(grids))
        return grids

    def _shown(self, fitted: NDArray[np.float32], focus: float | None) -> Tensor:
        """The tone that each page is to show, (B, 1, rows · 16, columns · 8), of (B, rows · 16, columns · 8)."""
        tone = torch.from_numpy(fitted)[:, None].to(self.device)
        if focus == 0:
            return tone
        subject = self._generator.subject(tone)
        wanted = auto_focus(subject) if focus is None else subject.new_full((len(tone),), focus)
        wanted[[_is_flat(page) for page in fitted]] = 0.0  # whatever is found there is none
        return compose(tone, subject, wanted)

    def _scores(self, fitted: NDArray[np.float32], wanted: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, rows · 16, columns · 8) tone, as it is and as it is to be set, to a score of every glyph.

        Scores are (B, rows, columns, N), and the best one wins; with them, from a model that draws freely, comes
        the ink of every cell, (B, rows, columns, 16, 8).
        """
        logits = self._generator.set_type(wanted)
        book = self._ink
        ink: Tensor | None = None
        if self._generator.config.head == "glyphs":
            scores = logits
        else:
            ink = logits.sigmoid().view(*logits.shape[:3], CELL_HEIGHT, CELL_WIDTH)
            scores = -distances(ink.flatten(-2), book.flatten(1))
        for page, tone in enumerate(fitted):
            if _is_flat(tone):
                # Nothing to decide: the glyph that is about as dark as the picture and calm, everywhere.
                one = shade(wanted[page].mean().expand(1, 1, CELL_HEIGHT, CELL_WIDTH), book).flatten()
                scores[page] = -FLAT_SCORE
                scores[page, ..., one] = 0.0
                if ink is not None:
                    ink[page] = book[one]
        return scores, ink

    def _refined(self, shown: Tensor, glyphs: Tensor) -> Tensor:
        """The one page's glyphs, refined where a GPU has room for that."""
        try:
            return local_search.refine(shown, glyphs, self._ink, self.refinement_sweeps)
        except torch.OutOfMemoryError:
            return glyphs


def _is_flat(tone: NDArray[np.float32]) -> bool:
    return float(np.ptp(tone)) < FLAT


def choose_background(tone: Tensor, subject: Tensor) -> Background:
    """The paper on which a picture's subject stands out more.

    `tone` (1, 1, H, W) is as for light paper, 1 being black; `subject` (1, 1, h, w) its probabilities.
    """
    if float((tone < WHITE).float().mean()) > WHITE_SHARE:
        return "light"
    covered = subject.mean()
    if not is_subject(covered):
        return "dark"
    share = float(covered)
    small = small_as(tone, subject)
    inside = float((small * subject).mean()) / share
    outside = float((small * (1 - subject)).mean()) / (1 - share)
    return "light" if inside - outside > DARKER else "dark"


def full_ink(tone: Tensor, least: float) -> Tensor:
    """The tone to set with ink of one strength, so that with shaded ink `tone` is seen, both in [0, 1].

    `least` is the strength where the tone is 0; it grows with the tone, up to 1.
    """
    return tone if least == 1 else tone / (least + (1 - least) * tone)


def strength_of(tone: Tensor, least: float) -> Tensor:
    """How strong ink is at each tone, in [0, 1], in LEVELS steps from `least` to 1; the same shape."""
    steps = (tone.clamp(0, 1) * (LEVELS - 1)).round() / (LEVELS - 1)
    return least + (1 - least) * steps
