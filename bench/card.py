"""Worker processes that share a card, without one: `python -m bench.card`.

A stand-in for the card draws: it sleeps 3 ms a batch, as long as an H100 takes for a page by arithmetic, and takes
one batch at a time, whichever process asks, as a card does that processes share. All else is real: decoder, tone,
choice, paint, encoding, Valkey, RQ, records, the PATCH. What is told is how the pictures a second grow with
`--count`, what of the cores each picture takes, and how both compare with a bare loop that decodes, draws and
encodes with the same stand-in and does nothing else.

The clock means something on a quiet machine alone; processor time, on any. Pictures a second and core is what a
core does that always has a process to run, one over the processor's seconds a picture. Aim: 0.85 of the loop's.
"""

import argparse
import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.fleet import Fleet, cpu_s, rate
from bench.plain_loop import loop, looping
from bench.summary import machine
from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas
from models.inference import choice
from models.inference.runtime import Array, Runtime
from models.weights_file import LoadedWeights

BATCH_S: Final = 0.003
TURN: Final = "GLYPHCORD_BENCH_CARD"
"""Names the file whose lock is the card's turn."""
COUNTS: Final = (1, 2, 4, 8)
WARM: Final = 3


class StandIn:
    """A Runtime that takes BATCH_S for a batch, and to which each character is for one tone of a cell's middle."""

    device, precision = "cpu", "stand-in"

    def __init__(self, atlas: Atlas, turn: Path) -> None:
        self._by_ink, self._turn = atlas.ink.mean((1, 2)).argsort(), turn.open("ab")

    @contextmanager
    def _drawing(self) -> Iterator[None]:
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            time.sleep(BATCH_S)
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def subject(self, tone: Array) -> Array:
        return np.zeros((len(tone), 1, 1), np.float32)

    def compose(self, tone: Array, subject: Array, focus: Array) -> Array:
        return tone

    def logits(self, tone: Array) -> Array:
        count = len(self._by_ink)
        middles = tone[:, CELL_HEIGHT // 2 :: CELL_HEIGHT, CELL_WIDTH // 2 :: CELL_WIDTH]
        chosen = self._by_ink[np.rint(np.clip(middles, 0, 1) * (count - 1)).astype(int)]
        logits = np.zeros((*chosen.shape, count), np.float32)
        np.put_along_axis(logits, chosen[..., None], 1, -1)
        with self._drawing():
            return logits

    def refine(self, tone: Array, glyphs: NDArray[np.int64], sweeps: int) -> NDArray[np.int64]:
        return glyphs

    def free(self) -> None:
        """Nothing is kept."""


def on_the_stand_in() -> None:
    """From now on this process's renderers draw with it; before any module has taken the function's name."""

    def load(
        weights: LoadedWeights, device: str, pages: Callable[[], Sequence[Array]], threads: int | None = None
    ) -> Runtime:
        return StandIn(weights.atlas, Path(os.environ[TURN]))

    assert "models.rendering.renderer" not in sys.modules
    choice.load_runtime = load


@dataclass
class Measured:
    """Pictures a second by the clock, and the processor's seconds a picture, a value for each round."""

    rate: list[float] = field(default_factory=list)
    cost_s: list[float] = field(default_factory=list)


def measured(rounds: int, jobs: int, columns: int, turn: Path) -> tuple[Measured, dict[int, Measured]]:
    """The loop, and each number of workers, in turns."""
    bare, found = Measured(), {count: Measured() for count in COUNTS}
    program = ["-m", "bench.card", "--worker"]
    workers = Fleet(columns=columns, settings={TURN: str(turn)}, program=program)
    with looping("bench.card", jobs, columns) as one_round, workers as fleet:
        for _ in range(max(COUNTS)):
            fleet.start_worker()
        fleet.results(fleet.enqueue(WARM * len(fleet.workers)))
        for _ in range(rounds):
            wall_s, used_s = one_round()
            bare.rate.append(jobs / wall_s)
            bare.cost_s.append(used_s / jobs)
            for count in COUNTS:
                working = fleet.workers[:count]
                for idle in fleet.workers[count:]:
                    fleet.pause(idle)
                before = sum(cpu_s(worker.pid) for worker in working)
                found[count].rate.append(rate(fleet.results(fleet.enqueue(jobs + WARM)), WARM))
                used_s = sum(cpu_s(worker.pid) for worker in working) - before
                found[count].cost_s.append(used_s / (jobs + WARM))
                for idle in fleet.workers[count:]:
                    fleet.go_on(idle)
    return bare, found


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=60, help="pictures in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--loop", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        on_the_stand_in()
        from worker.program import run  # noqa: PLC0415 only these processes need it, after the stand-in is there

        sys.exit(run())
    if arguments.loop:
        on_the_stand_in()
        loop(arguments.jobs, arguments.columns)
        return
    with tempfile.NamedTemporaryFile() as turn:
        os.environ[TURN] = turn.name
        bare, found = measured(arguments.rounds, arguments.jobs, arguments.columns, Path(turn.name))
    loop_cost = median(bare.cost_s)
    print(
        f"{machine()}; {arguments.rounds} rounds of {arguments.jobs} pictures, {arguments.columns} columns, "
        f"{BATCH_S * 1000:g} ms of the card a picture\n"
    )
    print("| processes | pictures a second | … a second and core | … beside the loop's | the card is busy |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| the bare loop | {median(bare.rate):.1f} | {1 / loop_cost:.1f} | 1 | {_busy(bare)} |")
    for count, one in found.items():
        shares = [before / now for before, now in zip(bare.cost_s, one.cost_s, strict=True)]
        beside = f"**{median(shares):.2f}** ({min(shares):.2f} to {max(shares):.2f})"
        print(f"| {count} | {median(one.rate):.1f} | {1 / median(one.cost_s):.1f} | {beside} | {_busy(one)} |")


def _busy(found: Measured) -> str:
    return f"{median(found.rate) * BATCH_S:.0%}"


if __name__ == "__main__":
    main()
