"""Where a picture's time goes in a worker: `python -m bench.stages`.

Real jobs through Valkey and a PATCH, one worker with one thread of torch; medians of what the worker itself
measured, for each size. Aim: nothing but the generator takes more than a quarter. What the queue costs beside the
stages (RQ, jobs' records, Redis's round trips) is the time between two jobs' ends less their stages.
"""

import argparse
from itertools import pairwise
from statistics import median
from typing import Final

from bench.fleet import Fleet
from bench.summary import machine

STAGES: Final = ("decode", "tone", "generator", "paint", "encode", "post")
COLUMNS: Final = (64, 96, 128)
WARM: Final = 6


def measured(columns: int, jobs: int) -> dict[str, float]:
    """Milliseconds a picture: each stage, and the queue."""
    with Fleet(columns=columns) as fleet:
        fleet.start_worker()
        results = fleet.results(fleet.enqueue(jobs + WARM))[WARM:]
    found = {stage: median([result.stages_ms[stage] for result in results]) for stage in STAGES}
    between = [
        1000 * (after.finished_at - before.finished_at) - sum(after.stages_ms.values())
        for before, after in pairwise(results)
    ]
    return found | {"queue": median(between)}


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--columns", type=int, nargs="+", default=COLUMNS)
    arguments = parser.parse_args()
    found = {columns: measured(columns, arguments.jobs) for columns in arguments.columns}
    print(f"{machine()}; medians of {arguments.jobs} pictures, one thread\n")
    print("| columns | " + " | ".join((*STAGES, "queue", "all, ms", "largest but the generator")) + " |")
    print("| --- |" + " --- |" * (len(STAGES) + 3))
    for columns, times in found.items():
        total = sum(times.values())
        cells = [f"{ms:.1f} ({ms / total:.0%})" for ms in times.values()]
        largest = max((ms, stage) for stage, ms in times.items() if stage != "generator")
        told = f"{largest[1]}, {largest[0] / total:.0%}"
        print(f"| {columns} | " + " | ".join((*cells, f"{total:.0f}", told)) + " |")


if __name__ == "__main__":
    main()
