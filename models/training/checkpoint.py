"""Checkpoints: all that a run needs to go on as if it had never stopped."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from models.training.config import TrainConfig
from models.training.trainer import Trainer, TrainingStopped

_PARTS = ("discriminator", "average", "optimizer", "critic_optimizer")


def state_of(trainer: Trainer) -> dict[str, Any]:
    """The state that `restore` takes; every rank must ask for it."""
    return {
        "config": asdict(trainer.config),
        "step": trainer.step,
        "generator": trainer.generator.state_dict(),
        **{name: getattr(trainer, name).state_dict() for name in _PARTS},
        "chance": trainer.ranks.gather(_random_state(trainer)),
    }


def write_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write a state, whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def read_checkpoint(path: Path) -> tuple[dict[str, Any], TrainConfig]:
    """A state and its config. Raises TrainingStopped where there is none, or it is another version's."""
    if not path.is_file():
        raise TrainingStopped(f"{path} is not there: start without --resume first")
    # Whatever it was made on; who takes it over has a device of their own.
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["config"].keys() != asdict(TrainConfig()).keys():
        raise TrainingStopped(
            f"{path} was made by another version of this program, whose configs have other numbers: begin another "
            "run from its weights, with --start"
        )
    return state, TrainConfig(**state["config"])


def restore(trainer: Trainer, state: dict[str, Any]) -> None:
    """Take over a state. Raises TrainingStopped for networks of another shape."""
    try:
        trainer.generator.load_state_dict(state["generator"])
    except RuntimeError:  # PyTorch's list of what does not fit
        raise TrainingStopped(
            f"the checkpoint's networks have another shape than those of size {trainer.config.size!r} in this "
            "version of the program: begin a new run"
        ) from None
    for name in _PARTS:
        getattr(trainer, name).load_state_dict(state[name])
    trainer.go_on_from(state["step"])
    if len(state["chance"]) != trainer.ranks.world:
        # Another number of ranks cannot repeat the same run, only go on with it.
        trainer.seed(trainer.config.seed + trainer.step)
        return
    chance = state["chance"][trainer.ranks.rank]
    torch.set_rng_state(chance["torch"])
    if chance["cuda"] is not None and trainer.device.startswith("cuda"):
        torch.cuda.set_rng_state(chance["cuda"], trainer.device)
    trainer.rng.bit_generator.state = json.loads(chance["numpy"])


def _random_state(trainer: Trainer) -> dict[str, Any]:
    """The state of every random generator of this rank."""
    cuda = torch.cuda.get_rng_state(trainer.device) if trainer.device.startswith("cuda") else None
    return {"torch": torch.get_rng_state(), "cuda": cuda, "numpy": json.dumps(trainer.rng.bit_generator.state)}
