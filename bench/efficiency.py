"""What the queue, the process boundary and posting cost a worker: `python -m bench.efficiency`.

The same photos go through the same stages twice: in a plain loop (a process that decodes, draws and encodes and
does nothing else) and through Valkey, RQ, the decoding process, jobs' records and a PATCH over HTTP. They take
turns on the same machine, one thread of torch each, and only their ratio is told; then two workers against one.
Aims: at least 0.90 of the loop, and at least 1.8 times as much from two workers on two cores.

The ratio of processor seconds a picture is told too: it means something on a busy machine, where the clock does
not.
"""

import argparse
from statistics import median

from bench.fleet import Fleet, cpu_s, rate
from bench.plain_loop import loop, looping
from bench.summary import machine

WARM: int = 3


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=60, help="pictures in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--columns", type=int, default=64)
    parser.add_argument("--loop", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    jobs, columns = arguments.jobs, arguments.columns
    if arguments.loop:
        loop(jobs, columns)
        return
    walls: list[float] = []
    costs: list[float] = []
    gains: list[float] = []
    with looping("bench.efficiency", jobs, columns) as one_round, Fleet(columns=columns) as fleet:
        first, second = fleet.start_worker(), fleet.start_worker()
        fleet.results(fleet.enqueue(4 * WARM))
        for _ in range(arguments.rounds):
            fleet.pause(second)
            loop_wall, loop_cpu = one_round()
            before = cpu_s(first.pid)
            alone = rate(fleet.results(fleet.enqueue(jobs + WARM)), WARM)
            used = (cpu_s(first.pid) - before) / (jobs + WARM)
            fleet.go_on(second)
            both = rate(fleet.results(fleet.enqueue(2 * jobs + WARM)), WARM)
            walls.append(alone * loop_wall / jobs)
            costs.append((loop_cpu / jobs) / used)
            gains.append(both / alone)
    print(f"{machine()}; {arguments.rounds} rounds of {jobs} pictures, {columns} columns, one thread each\n")
    print("| measured against | median | worst | best | aim |\n| --- | --- | --- | --- | --- |")
    for label, found, aim in (
        ("pictures a second: worker / plain loop", walls, "0.90"),
        ("processor seconds a picture: plain loop / worker", costs, "–"),
        ("pictures a second: two workers / one", gains, "1.8"),
    ):
        print(f"| {label} | **{median(found):.2f}** | {min(found):.2f} | {max(found):.2f} | {aim} |")


if __name__ == "__main__":
    main()
