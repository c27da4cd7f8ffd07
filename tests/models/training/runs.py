"""A config with everything switched on, for runs of a few steps."""

from pathlib import Path

import pytest

from models.training.config import TrainConfig
from models.training.data import Photos
from models.training.train import train

trains = pytest.mark.xdist_group("tests/models/training")
"""For a test elsewhere that trains: what an optimizer imports takes seconds, and one process has it already."""

# Warm steps, the generator's own pages, the subject and the discriminator all get their turn.
SMALL = TrainConfig(
    size="tiny",
    steps=6,
    batch=2,
    columns=8,
    rows=8,
    warm_steps=2,
    warm_sweeps=1,
    sweeps=1,
    subject_batch=2,
    adversarial_from=3,
    proof_sweeps=2,
)


def run(photos: Photos, out: Path, *, resume: bool = False) -> Path:
    return train(photos, out, SMALL, device="cpu", resume=resume, save_every_s=1e9)
