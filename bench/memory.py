"""Memory: a bot with thousands of people waiting, and a worker after thousands of jobs: `python -m bench.memory`.

The bot: resident memory with nothing to do, and with so many of its own commands on the queue and no worker awake,
all of whom it must remember. They come 200 at a time, the next when those are on the queue, since a command on its
way there takes several times the memory of one that waits. Aim: under 150 MB with 10,000. The worker: resident
memory of it and of its decoding process, read after every so many jobs through Valkey and a PATCH; the first fifth,
in which caches fill, does not count. Aim: no growth beyond its own uncertainty, two standard errors, in 5,000 jobs.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.fleet import Fleet
from bench.summary import machine
from devstack.stack import Stack
from jobs.connection import connect
from jobs.rq_adapter.queue import length
from tests.bot.processes import a_png

AT_ONCE = 16
BURST = 200
SETTLE_S = 0.5


def resident_mb(pid: int, kind: str = "Pss") -> float:
    """A process's memory with its part of what it shares, or of another kind of smaps_rollup (Linux)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{kind}:")) / 1024


def children(pid: int) -> list[int]:
    """Processes that this one has started (Linux)."""
    text = "".join(file.read_text(encoding="ascii") for file in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for child in text.split()]


def bot(commands: int) -> tuple[float, float, int]:
    """MB before, and with so many commands of its own on the queue; and how many of them got there."""
    settings = {"USER_IN_FLIGHT": "0", "USER_DAILY": "0", "QUEUE_LIMIT": "1000000"}
    with (
        tempfile.TemporaryDirectory(prefix="glyphcord-bench-") as folder,
        Stack(Path(folder), workers=0, settings=settings) as stack,
        connect(stack.redis_url, patient=True) as redis,
    ):
        before, picture = resident_mb(stack.bots[0].pid), a_png()

        def ask(_: int) -> None:
            stack.controls.slash("ascii", files={"image": picture})

        def settled(pause_s: float) -> int:
            # On a slow machine the playground, like Discord, gives some up that were not acknowledged in 3 s.
            queued = -1
            while queued < (queued := length(redis)):
                time.sleep(pause_s)
            return queued

        with ThreadPoolExecutor(AT_ONCE) as people:
            for start in range(0, commands, BURST):
                list(people.map(ask, range(start, min(start + BURST, commands))))
                settled(SETTLE_S)
        queued = settled(5)
        return before, resident_mb(stack.bots[0].pid), queued


def worker(jobs: int, every: int) -> tuple[float, list[float]]:
    """MB of a worker and its decoder in the end; and of what they have written themselves, after each `every` jobs.

    The latter shows a leak: the share of a library's pages grows when another program that uses it ends.
    """
    found = []
    with Fleet() as fleet:
        process = fleet.start_worker()
        for _ in range(jobs // every):
            fleet.results(fleet.enqueue(every))
            both = (process.pid, *children(process.pid))
            found.append(sum(resident_mb(pid, "Anonymous") for pid in both))
        return sum(map(resident_mb, both)), found


def slope(values: list[float]) -> tuple[float, float]:
    """Least squares: growth from one value to the next, and its standard error."""
    xs = list(range(len(values)))
    growth, start = statistics.linear_regression(xs, values)
    squares = sum((y - start - growth * x) ** 2 for x, y in zip(xs, values, strict=True))
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    return growth, (squares / (len(xs) - 2) / spread) ** 0.5


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queued", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=5_000)
    parser.add_argument("--every", type=int, default=100)
    arguments = parser.parse_args()
    before, with_queue, queued = bot(arguments.queued)
    at_end, found = worker(arguments.jobs, arguments.every)
    steady = found[len(found) // 5 :]
    growth, error = (1000 / arguments.every * part for part in slope(steady))
    print(f"{machine()}\n\n| what | how much | aim |\n| --- | --- | --- |")
    print(f"| the bot, nothing to do | {before:.0f} MB | – |")
    print(f"| the bot, {queued:,} queued | **{with_queue:.0f} MB** | under 150 MB |")
    print(f"| a worker and its decoder, after {arguments.jobs:,} jobs | {at_end:.0f} MB | – |")
    print(f"| … written by themselves, after the first {arguments.every} | {found[0]:.1f} MB | – |")
    print(f"| … after {arguments.jobs:,} | {found[-1]:.1f} MB | – |")
    within = "within" if growth <= 2 * error else "NOT within"
    told = f"{growth:+.2f} ± {2 * error:.2f} MB per 1,000 jobs: {within} noise"
    print(f"| … growth after the first fifth | **{told}** | within noise |")


if __name__ == "__main__":
    main()
