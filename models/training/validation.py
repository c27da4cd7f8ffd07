"""How well a run's averaged generator does on validation photos, drawn as its weights file will ask for."""

import numpy as np
import torch
from torch import Tensor

from models.atlas import densest
from models.baselines.local_search import refine
from models.baselines.per_cell import join_cells, paint_ink, shade
from models.similarity import effective_glyphs, similarity
from models.training.trainer import Trainer


@torch.inference_mode()
def sample(trainer: Trainer) -> tuple[Tensor, Tensor]:
    """Tone and print of a few validation photos, both (n, 1, H, W) in [0, 1]."""
    tone = trainer.photos.validation_pages(6, 32, 16).to(trainer.device)
    logits = trainer.average.set_type(tone)
    if trainer.config.style == "pixels":
        return tone, _free(logits, trainer.ink)
    return tone, paint_ink(refine(tone, logits.argmax(-1), trainer.ink, trainer.config.proof_sweeps), trainer.ink)


@torch.inference_mode()
def validate(trainer: Trainer, count: int = 16) -> dict[str, float]:
    """Measures at 64×32 cells, with all of the background.

    Similarity to the tone from three distances, that of the rule per cell, the variety of glyphs, and how much of
    the subjects' maps is found: intersection over union at one half.
    """
    tone, ink = trainer.photos.validation_pages(count).to(trainer.device), trainer.ink
    logits = torch.cat([trainer.average.set_type(page[None]) for page in tone])
    rule = torch.cat([shade(page[None], ink) for page in tone])
    measures = _similarities(paint_ink(rule, ink), tone, ink, "_of_per_cell_rule")
    if trainer.config.style == "pixels":
        return _similarities(_free(logits, ink), tone, ink) | measures
    chosen = logits.argmax(-1)
    glyphs = refine(tone, chosen, ink, trainer.config.proof_sweeps)
    if trainer.config.proof_sweeps:
        measures |= _similarities(paint_ink(chosen, ink), tone, ink, "_before_refinement")
    variety = [effective_glyphs(page) for page in glyphs]
    return (
        _similarities(paint_ink(glyphs, ink), tone, ink)
        | measures
        | _subject_overlap(trainer)
        | {
            "blank_share": float((glyphs == 0).float().mean()),
            "effective_glyphs": float(np.mean([effective for effective, _ in variety])),
            "largest_share": float(np.mean([share for _, share in variety])),
        }
    )


def _free(logits: Tensor, ink: Tensor) -> Tensor:
    """The page of a head that draws freely."""
    return join_cells(logits.sigmoid().view(*logits.shape[:3], *ink.shape[1:]))


def _similarities(page: Tensor, tone: Tensor, ink: Tensor, suffix: str = "") -> dict[str, float]:
    black = densest(ink)
    return {
        f"similarity_{sigma}{suffix}": float(similarity(page / black, tone, float(sigma)).mean())
        for sigma in (4, 8, 16)
    }


def _subject_overlap(trainer: Trainer) -> dict[str, float]:
    tone, wanted = (part.to(trainer.device) for part in trainer.photos.validation_subjects(64))
    if not len(tone) or trainer.average.subject_branch is None:
        return {}
    found, there = trainer.average.subject(tone) > 0.5, wanted > 0.5
    both, either = (found & there).sum((1, 2, 3)), (found | there).sum((1, 2, 3))
    # Where neither has a subject they agree.
    return {"subject_overlap": float(((both + 1) / (either + 1)).mean())}
