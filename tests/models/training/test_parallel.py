"""Two ranks over gloo: different crops, one generator."""

import os
import re
from pathlib import Path

import pytest
import torch

from devstack.valkey import free_port
from models.training.train import CHECKPOINT
from models.weights_file import load_weights
from tests.fork_server import Forked

PATIENCE_S = 300.0

pytestmark = pytest.mark.xdist_group("ranks")  # one server for all


def torchrun(log: Path, *arguments: str | Path) -> None:
    """Run two ranks, as people do; only torchrun itself does not start from nothing."""
    command = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", *map(str, arguments))
    with log.open("ab") as output:
        process = Forked("training", command, env=dict(os.environ), stdout=output, stderr=output)
    assert process.wait(PATIENCE_S) == 0, log.read_text(encoding="utf-8")


def in_two_ranks(log: Path, module: str, *arguments: str | Path) -> str:
    """Run two ranks with what torchrun would tell them, without its own start; what they printed."""
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    command = (module, *map(str, arguments))
    with log.open("ab") as output:
        ranks = [
            Forked(
                "training",
                command,
                env={**os.environ, **together, "RANK": rank, "LOCAL_RANK": rank},
                stdout=output,
                stderr=output,
            )
            for rank in "01"
        ]
    try:
        assert [rank.wait(PATIENCE_S) for rank in ranks] == [0, 0], log.read_text(encoding="utf-8")
    finally:
        for rank in ranks:
            rank.kill()
    return log.read_text(encoding="utf-8")


def test_ranks_see_different_crops_and_keep_the_same_weights(photos: Path, tmp_path: Path) -> None:
    printed = in_two_ranks(tmp_path / "log", "tests.models.training.three_steps", photos)
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
    log = tmp_path / "log"
    torchrun(log, "-m", "--", "models", "train", photos, "-o", out, *small)
    state = torch.load(out / CHECKPOINT, weights_only=True)
    assert state["step"] == 3
    assert len(state["chance"]) == 2
    assert load_weights(out / "pair.safetensors").metadata["step"] == "3"
    in_two_ranks(log, "models", "train", photos, "-o", out, "--resume", "--device", "cpu")
    more = tmp_path / "more"
    in_two_ranks(log, "models", "train", photos, "-o", more, "--start", out / "pair.safetensors", *small)
    assert load_weights(more / "more.safetensors").metadata["step"] == "3"
