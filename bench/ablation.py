"""What each part of the training buys: `python -m bench.ablation PHOTOS [--steps N] [--seeds N]`.

The config of `classic`, its network, batch and characters, cut short to N steps and to its pages: the subject
branch is trained apart from them. The first three rows build it up, each with one thing more than the row before;
the others change one thing of the third. Similarity to validation photos at 64×32 cells, from two distances, as the
network sets them and after refinement; the mean over seeds and, behind ±, half the spread between the best
and the worst seed. One process a core, one thread each.
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.nn.generator import Generator
from models.training.config import TrainConfig, read_config
from models.training.data import Photos
from models.training.trainer import Trainer
from models.training.validation import validate

NEVER: Final = 10**9


class HardLabels(Trainer):
    """Learns the searched page itself, without the costs of the alternatives."""

    def target_and_loss(self, tone: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        page, _ = super().target_and_loss(tone, logits)
        return page, F.cross_entropy(logits.flatten(0, 2), page.flatten())


class WithoutContext(Trainer):
    """The U-Net's lower levels add nothing, so a cell sees its near neighbours only."""

    def __init__(self, config: TrainConfig, photos: Photos, device: str) -> None:
        super().__init__(config, photos, device)
        for network in (self.generator, self.average):
            silence(network)


def silence(network: Generator) -> None:
    """Make the way up from the half grid contribute nothing, now and after every step."""

    def nothing(_module: torch.nn.Module, _inputs: object, output: Tensor) -> Tensor:
        return output * 0.0

    network.from_half.register_forward_hook(nothing)


Row = tuple[str, Callable[[TrainConfig, Photos, str], Trainer], dict[str, object]]
ROWS: Final[list[Row]] = [
    ("a rule's page, local search, hard labels", HardLabels, {"warm_steps": NEVER}),
    ("+ softened by costs", Trainer, {"warm_steps": NEVER}),
    ("+ from its own page (the config's core)", Trainer, {}),
    ("  − context (no lower levels)", WithoutContext, {}),
    ("  + adversarial from half-way", Trainer, {"adversarial_from": -1}),
    ("  − EMA", Trainer, {"ema": 0.0}),
]


def shortened(steps: int, seed: int) -> TrainConfig:
    """The config of `classic` in `steps` steps: a quarter of them warm, the average's memory in proportion.

    Without the discriminator, which has a row of its own. The learning rate still takes its 200 steps to rise. At
    least one sweep of refinement, or there would be nothing to compare.
    """
    config = read_config("classic", {"subject_batch": 0})
    ema = 1 - (1 - config.ema) * config.steps / steps
    sweeps = max(1, config.proof_sweeps)
    return replace(
        config, steps=steps, seed=seed, warm_steps=steps // 4, proof_sweeps=sweeps, ema=ema, adversarial_from=NEVER
    )


read_photos = cache(Photos)
"""A folder's photos, decoded once in each process."""


def measure(row: int, photos: Path, steps: int, seed: int) -> dict[str, float]:
    """Train one of ROWS with one seed and evaluate it."""
    _, kind, changes = ROWS[row]
    changed = {key: steps // 2 if value == -1 else value for key, value in changes.items()}
    trainer = kind(replace(shortened(steps, seed), **changed), read_photos(photos), "cpu")  # type: ignore[arg-type]
    start = time.perf_counter()
    for _ in range(steps):
        trainer.train_step()
    minutes = (time.perf_counter() - start) / 60
    return validate(trainer) | {"minutes": minutes}


def spread(values: list[float], digits: int) -> str:
    """Mean and half the range."""
    half = (max(values) - min(values)) / 2
    return f"{sum(values) / len(values):.{digits}f} ± {half:.{digits}f}"


COLUMNS: Final = {
    "similarity_8_before_refinement": ("σ 8", 3),
    "similarity_16_before_refinement": ("σ 16", 3),
    "similarity_8": ("σ 8, refined", 3),
    "similarity_16": ("σ 16, refined", 3),
    "minutes": ("minutes", 1),
}


def main() -> None:
    """Print the table as Markdown, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--steps", type=int, default=400, help="at least 8; the config itself has more")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.steps < 8 or arguments.seeds < 1:
        parser.error("there must be at least 8 steps and 1 seed")
    print(f"{arguments.steps} steps, {arguments.seeds} seeds, size {shortened(arguments.steps, 0).size}\n")
    titles = ["training", *(title for title, _ in COLUMNS.values())]
    print(f"| {' | '.join(titles)} |\n" + "| --- " * len(titles) + "|", flush=True)
    results = {}
    fresh = multiprocessing.get_context("spawn")  # a forked child of torch's threads may hang
    with ProcessPoolExecutor(mp_context=fresh, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        seeds = range(arguments.seeds)
        waiting = [
            [pool.submit(measure, row, arguments.photos, arguments.steps, seed) for seed in seeds]
            for row in range(len(ROWS))
        ]
        try:
            for (name, _, _), futures in zip(ROWS, waiting, strict=True):
                runs = results[name.strip()] = [future.result() for future in futures]
                cells = [spread([run[key] for run in runs], digits) for key, (_, digits) in COLUMNS.items()]
                print(f"| {name} | {' | '.join(cells)} |", flush=True)
                if arguments.json:
                    arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # else what is still queued would be trained first
            raise


if __name__ == "__main__":
    main()
