"""A training run: step after step to the end or to a signal, with a progress bar, saves and a log."""

import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from models.training.checkpoint import read_checkpoint, restore, state_of, write_checkpoint
from models.training.config import TrainConfig, resumed
from models.training.data import Photos
from models.training.parallel import join_ranks, leave_ranks
from models.training.run_log import RunLog
from models.training.targets import STYLES
from models.training.trainer import Trainer, TrainingStopped
from models.training.validation import sample, validate
from models.weights_file import LoadedWeights, save_weights

CHECKPOINT: Final = "checkpoint.pt"
LINE_EVERY_S: Final = 30.0
"""Seconds between two lines where no terminal shows a bar."""


class Interrupted(Exception):
    """The run was told to stop, and has saved; `str()` says where it is."""


def train(
    photos: Photos,
    out: Path,
    config: TrainConfig,
    *,
    device: str,
    resume: bool,
    save_every_s: float,
    start: LoadedWeights | None = None,
    subject: LoadedWeights | None = None,
    changes: dict[str, Any] | None = None,
) -> Path:
    """Run to the last step, saving checkpoint and weights; returns the weights file.

    With `resume` the config is the checkpoint's, with `changes` to its numbers. Ctrl-C and SIGTERM save and raise
    Interrupted. With `start` the networks begin as that file's, with `subject` the subject branch alone. Raises
    TrainingStopped with the reason when training cannot go on.
    """
    if resume and (start or subject):
        raise TrainingStopped("--start and --subject-branch begin a run, --resume goes on with one: choose one")
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, weights = out / CHECKPOINT, out / f"{out.name}.safetensors"
    state: dict[str, Any] | None = None
    if resume:
        state, config = read_checkpoint(checkpoint)
        config = resumed(config, changes or {})
    elif checkpoint.exists():
        raise TrainingStopped(f"{checkpoint} is there already: add --resume to go on, or choose another --out")
    ranks, device = join_ranks(device)
    try:
        trainer = Trainer(config, photos, device, ranks)
        if state:
            restore(trainer, state)
        elif start:
            trainer.begin_with(start)
        if subject:
            trainer.take_subject(subject)
        _run(trainer, checkpoint, weights, save_every_s)
    finally:
        leave_ranks(ranks)
    return weights


def _run(trainer: Trainer, checkpoint: Path, weights: Path, save_every_s: float) -> None:
    """Step until the end or a signal in any rank, with the bar and the saves. Raises Interrupted."""
    interrupted = False

    def interrupt(_signal: int, _frame: object) -> None:
        nonlocal interrupted
        interrupted = True

    ranks, steps, log = trainer.ranks, trainer.config.steps, RunLog(checkpoint.parent)
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with _progress(shown=ranks.first) as bar:
            task = bar.add_task("training", total=steps, completed=trainer.step, shown="")
            saved = said = time.monotonic()
            means: dict[str, float] = {}
            while trainer.step < steps and not ranks.any(interrupted, trainer.device):
                scalars = trainer.train_step()
                means = {k: 0.98 * means.get(k, v) + 0.02 * v for k, v in scalars.items()}
                bar.update(task, completed=trainer.step, shown=_shown(means))
                if bar.disable and ranks.first and time.monotonic() - said >= LINE_EVERY_S:
                    said = time.monotonic()
                    print(f"step {trainer.step} of {steps}  {_shown(means)}", file=sys.stderr, flush=True)  # noqa: T201
                due = ranks.first and time.monotonic() - saved > save_every_s
                if ranks.any(due, trainer.device):
                    _save(trainer, checkpoint, weights, log, means)
                    saved = time.monotonic()
            _save(trainer, checkpoint, weights, log, means)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if trainer.step < steps:
        raise Interrupted(
            f"stopped at step {trainer.step} of {steps}; saved in {checkpoint.parent}, --resume goes on"
        )


def _save(trainer: Trainer, checkpoint: Path, weights: Path, log: RunLog, means: dict[str, float]) -> None:
    state = state_of(trainer)
    if not trainer.ranks.first:
        return
    measures = {key: round(value, 4) for key, value in validate(trainer).items()}
    write_checkpoint(state, checkpoint)
    save_weights(
        weights,
        trainer.average,
        trainer.atlas,
        teacher=STYLES[trainer.config.style],
        step=trainer.step,
        metrics=measures,
        proof_sweeps=trainer.config.proof_sweeps,
        least_strength=trainer.config.least_strength,
    )
    log.write(trainer.step, means | measures, *sample(trainer))


def _shown(values: dict[str, float]) -> str:
    return "  ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in values.items())


def _progress(*, shown: bool) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("[progress.percentage]{task.percentage:>3.0f}%"),
        TextColumn("step {task.completed}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[shown]}"),
        console=console,
        disable=not (shown and console.is_terminal),
    )
