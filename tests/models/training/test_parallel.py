"""Two ranks over gloo: different crops, one generator."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from models.training.train import CHECKPOINT
from models.weights_file import load_weights

STEP = """
import sys, hashlib
from pathlib import Path
from models.training.data import Photos
from models.training.parallel import join_ranks, leave_ranks
from models.training.config import TrainConfig
from models.training.trainer import Trainer
ranks, device = join_ranks("cpu")
config = TrainConfig(size="tiny", steps=4, batch=2, columns=8, rows=8, warm_steps=1, warm_sweeps=1, sweeps=1,
                     adversarial_from=2)
trainer = Trainer(config, Photos(Path(sys.argv[1])), device, ranks)
losses = [trainer.train_step()["reconstruction"] for _ in range(3)]
weights = b"".join(p.detach().numpy().tobytes() for p in trainer.generator.parameters())
# One write, so that the ranks' lines stay whole.
sys.stdout.write(f"rank={ranks.rank} weights={hashlib.sha256(weights).hexdigest()} losses={losses}\\n")
sys.stdout.flush()
leave_ranks(ranks)
"""


def torchrun(*arguments: str | Path) -> str:
    """Run two ranks and return what they printed."""
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ranks_see_different_crops_and_keep_the_same_weights(photos: Path, tmp_path: Path) -> None:
    script = tmp_path / "step.py"
    script.write_text(STEP, encoding="utf-8")
    printed = torchrun(script, photos)
    weights = re.findall(r"rank=\d weights=(\w+)", printed)
    losses = re.findall(r"losses=(\[.*?\])", printed)
    assert len(weights) == 2
    assert weights[0] == weights[1]
    assert losses[0] != losses[1]


@pytest.mark.slow
def test_the_command_trains_resumes_and_goes_on_from_weights_in_two_ranks(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "pair"
    small = [
        "--size",
        "tiny",
        "--batch",
        "2",
        "--columns",
        "8",
        "--rows",
        "8",
        "--steps",
        "3",
        "--warm-steps",
        "1",
        "--warm-sweeps",
        "1",
        "--sweeps",
        "1",
        "--adversarial-from",
        "2",
        "--device",
        "cpu",
    ]
    torchrun("-m", "--", "models", "train", photos, "-o", out, *small)
    state = torch.load(out / CHECKPOINT, weights_only=True)
    assert state["step"] == 3
    assert len(state["chance"]) == 2
    assert load_weights(out / "pair.safetensors").metadata["step"] == "3"
    torchrun("-m", "--", "models", "train", photos, "-o", out, "--resume", "--device", "cpu")
    more = tmp_path / "more"
    torchrun("-m", "--", "models", "train", photos, "-o", more, "--start", out / "pair.safetensors", *small)
    assert load_weights(more / "more.safetensors").metadata["step"] == "3"
