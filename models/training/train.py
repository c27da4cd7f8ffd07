"""A training run: step after step to the end or to Ctrl-C, with a progress bar, saves and a log."""

import signal
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from models.training.checkpoint import read_checkpoint, restore, state_of, write_checkpoint
from models.training.config import TrainConfig
from models.training.data import Photos
from models.training.parallel import join_ranks, leave_ranks
from models.training.run_log import RunLog
from models.training.targets import STYLES
from models.training.trainer import Trainer, TrainingStopped
from models.training.validation import sample, validate
from models.weights_file import LoadedWeights, save_weights

CHECKPOINT: Final = "checkpoint.pt"


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
) -> Path:
    """Run to the last step or to Ctrl-C, saving checkpoint and weights; returns the weights file.

    With `start` the networks begin as that file's, with `subject` the subject branch alone. Raises TrainingStopped
    with the reason when training cannot go on.
    """
    if resume and (start or subject):
        raise TrainingStopped("--start and --subject-branch begin a run, --resume goes on with one: choose one")
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, weights = out / CHECKPOINT, out / f"{out.name}.safetensors"
    state: dict[str, Any] | None = None
    if resume:
        state, config = read_checkpoint(checkpoint)
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
    """Step until the end or a SIGINT in any rank, with the bar and the saves."""
    interrupted = False

    def interrupt(_signal: int, _frame: object) -> None:
        nonlocal interrupted
        interrupted = True

    ranks, steps, log = trainer.ranks, trainer.config.steps, RunLog(checkpoint.parent)
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with _progress(shown=ranks.first) as bar:
            task = bar.add_task("training", total=steps, completed=trainer.step, shown="")
            saved = time.monotonic()
            means: dict[str, float] = {}
            while trainer.step < steps and not ranks.any(interrupted, trainer.device):
                scalars = trainer.train_step()
                means = {k: 0.98 * means.get(k, v) + 0.02 * v for k, v in scalars.items()}
                bar.update(task, completed=trainer.step, shown=_shown(means))
                due = ranks.first and time.monotonic() - saved > save_every_s
                if ranks.any(due, trainer.device):
                    _save(trainer, checkpoint, weights, log, means)
                    saved = time.monotonic()
            _save(trainer, checkpoint, weights, log, means)
    finally:
        signal.signal(signal.SIGINT, before)


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
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("[progress.percentage]{task.percentage:>3.0f}%"),
        TextColumn("step {task.completed}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[shown]}"),
        console=Console(stderr=True),
        disable=not shown,
    )
