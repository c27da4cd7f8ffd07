"""What a worker takes on a small server, beside an earlier version: `python -m bench.footprint --before CHECKOUT`.

Each version draws real jobs through a Valkey of its own, one thread each, in turns on the same machine: seconds
until the process is ready, the milliseconds of the generator's stage and the processor's seconds for a page of 100
columns, and the resident memory of worker and decoder after that. CHECKOUT is a folder with the other version, such
as `git worktree add` makes. Aims: half of the time a page, 180 MB, ready within 1.5 s.
"""

import argparse
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.fleet import Fleet, cpu_s
from bench.memory import children, resident_mb
from bench.summary import machine

HERE = Path(__file__).parents[1]
STARTS = 3
WARM = 3


@dataclass
class Measured:
    """One version's figures."""

    ready_s: list[float] = field(default_factory=list)
    generator_ms: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)
    worker_mb: float = 0.0
    decoder_mb: float = 0.0


def start(fleet: Fleet, found: Measured) -> None:
    """Start a worker, and note how long that took."""
    begun = time.monotonic()
    fleet.start_worker()
    found.ready_s.append(time.monotonic() - begun)


def measured(versions: dict[str, Path], columns: int, rounds: int, jobs: int) -> dict[str, Measured]:
    """Both versions, in turns."""
    found = {name: Measured() for name in versions}
    for name, folder in list(versions.items()) * (STARTS - 1):
        with Fleet(settings={"PYTHONPATH": str(folder)}) as fleet:
            start(fleet, found[name])
    with ExitStack() as stack:
        fleets = {
            name: stack.enter_context(Fleet(columns=columns, settings={"PYTHONPATH": str(folder)}))
            for name, folder in versions.items()
        }
        for name, fleet in fleets.items():
            start(fleet, found[name])
            fleet.results(fleet.enqueue(WARM))
        for _ in range(rounds):
            for name, fleet in fleets.items():
                (process,) = fleet.workers
                before = cpu_s(process.pid)
                results = fleet.results(fleet.enqueue(jobs))
                found[name].processor_s.append((cpu_s(process.pid) - before) / jobs)
                found[name].generator_ms += [result.stages_ms["generator"] for result in results]
        for name, fleet in fleets.items():
            (process,) = fleet.workers
            found[name].worker_mb = resident_mb(process.pid, "Rss")
            found[name].decoder_mb = sum(resident_mb(pid, "Pss") for pid in children(process.pid))
    return found


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, metavar="CHECKOUT")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=9, help="pictures in a round")
    arguments = parser.parse_args()
    versions = {"before": arguments.before.resolve(), "now": HERE}
    found = measured(versions, arguments.columns, arguments.rounds, arguments.jobs)
    before, now = found["before"], found["now"]
    print(f"{machine()}; {arguments.rounds} rounds of {arguments.jobs} pictures, {arguments.columns} columns\n")
    print("| what | before | now | now / before |\n| --- | --- | --- | --- |")
    for label, old, new, digits in (
        ("generator's stage, ms", median(before.generator_ms), median(now.generator_ms), 0),
        ("processor, seconds a picture", median(before.processor_s), median(now.processor_s), 3),
        ("process ready, s", median(before.ready_s), median(now.ready_s), 1),
        ("worker, resident MB", before.worker_mb, now.worker_mb, 0),
        ("its decoder, MB with its part of what it shares", before.decoder_mb, now.decoder_mb, 0),
    ):
        print(f"| {label} | {old:.{digits}f} | {new:.{digits}f} | **{new / old:.2f}** |")


if __name__ == "__main__":
    main()
