"""What each part of the training buys: `python -m bench.ablation PHOTOS [--steps N] [--seeds N]`.

Small networks, the same photos, steps and batch for every row; validation photos at 64×32 cells, as the network
sets them and as the proof leaves them; the mean over seeds and, behind ±, half the spread between the best and the
worst seed.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.climber import climb
from models.data import Photos
from models.fidelity import fidelity
from models.generator import Generator
from models.recipe import TrainConfig
from models.teachers import search, sharpen
from models.train import Trainer

NEVER: Final = 10**9


class WithSSIM(Trainer):
    """Also rewards structural similarity directly, through straight-through Gumbel samples."""

    def _lesson(self, tone: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        page, loss = super()._lesson(tone, logits)
        return page, loss + (1 - fidelity(self._print(tone, logits, sampled=True), tone).mean())


class HardLabels(Trainer):
    """Learns the climbed page itself, without the costs of the alternatives."""

    def _lesson(self, tone: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        page, _ = climb(tone, search(sharpen(tone), self.ink), self.ink, self.config.warm_sweeps)
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
    ("climbed page, hard labels", HardLabels, {}),
    ("climbed page, softened by costs", Trainer, {"warm_steps": NEVER, "expected_weight": 0.0}),
    ("+ the expected cost", Trainer, {"warm_steps": NEVER}),
    ("+ from its own page (the recipe's core)", Trainer, {}),
    ("  − the expected cost", Trainer, {"expected_weight": 0.0}),
    ("  + SSIM through samples", WithSSIM, {}),
    ("  + adversarial from half-way", Trainer, {"adversarial_from": -1}),
    ("  − context (no lower levels)", WithoutContext, {}),
    ("  − EMA", Trainer, {"ema": 0.0}),
]


def measure(row: Row, photos: Photos, steps: int, seed: int) -> dict[str, float]:
    """Train one row with one seed and evaluate it."""
    _, kind, changes = row
    base = TrainConfig(
        size="tiny",
        batch=4,
        steps=steps,
        warm_steps=steps // 3,
        choice_variety=0.6,
        proof_sweeps=2,
        adversarial_from=NEVER,
        seed=seed,
        ema=0.98,
    )
    changed = {key: steps // 2 if value == -1 else value for key, value in changes.items()}
    start = time.perf_counter()
    trainer = kind(replace(base, **changed), photos, "cpu")  # type: ignore[arg-type]
    for _ in range(steps):
        trainer.train_step()
    return trainer.evaluate() | {"minutes": (time.perf_counter() - start) / 60}


def spread(values: list[float], digits: int) -> str:
    """Mean and half the range."""
    half = (max(values) - min(values)) / 2
    return f"{sum(values) / len(values):.{digits}f} ± {half:.{digits}f}"


def main() -> None:
    """Print the table as Markdown, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    photos = Photos(arguments.photos)
    print(f"{arguments.steps} steps, {arguments.seeds} seeds, size tiny, {len(photos.train)} photos\n")
    print("| training | fidelity | proofread | effective glyphs | largest share | minutes |\n" + "| --- " * 6 + "|")
    results = {}
    for row in ROWS:
        runs = [measure(row, photos, arguments.steps, seed) for seed in range(arguments.seeds)]
        results[row[0].strip()] = runs
        cells = [
            spread([run["fidelity_before_proof"] for run in runs], 3), spread([run["fidelity"] for run in runs], 3),
            spread([run["effective_glyphs"] for run in runs], 1), spread([run["largest_share"] for run in runs], 2),
            spread([run["minutes"] for run in runs], 1),
        ]  # fmt: skip
        print(f"| {row[0]} | {' | '.join(cells)} |", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
