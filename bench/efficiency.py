"""What the queue, the process boundary and posting cost a worker: `python -m bench.efficiency`.

The same photos go through the same stages twice: in a plain loop (a process that decodes, draws and encodes and
does nothing else) and through Valkey, RQ, the decoding process, jobs' records and a PATCH over HTTP. They take
turns on the same machine, one thread of torch each, and only their ratio is told; then two workers against one.
Aims: at least 0.90 of the loop, and at least 1.8 times as much from two workers on two cores.

The ratio of processor seconds a picture is told too: it means something on a busy machine, where the clock does
not.
"""

import argparse
import subprocess
import sys
import time
from statistics import median

from bench.fleet import Fleet, cpu_s, photos, rate
from bench.summary import machine

WARM: int = 3


def loop(pictures: int, columns: int) -> None:
    """The plain loop: answers each line on stdin by drawing `pictures`, and prints wall and processor seconds."""
    from models.encoders.png import encode_png, paint  # noqa: PLC0415 only this process needs it
    from models.page import page_of  # noqa: PLC0415
    from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE  # noqa: PLC0415
    from models.rendering.pipeline import inks_of  # noqa: PLC0415
    from models.rendering.renderer import Renderer, find_weights  # noqa: PLC0415
    from models.rendering.still import MAX_SIDE, decode_on  # noqa: PLC0415

    renderer, files = Renderer(find_weights("classic", None), threads=1), photos()

    def one(data: bytes) -> None:
        rgb, choice, _ = decode_on(data, MAX_SIDE, DEFAULT_BACKGROUND)
        (ink,), paper = inks_of(renderer, rgb[None], choice)
        encode_png(paint(page_of(renderer.grid(ink, columns), DEFAULT_PALETTE, paper, rgb)))

    for data in files:
        one(data)
    print("ready", flush=True)
    for _ in sys.stdin:
        wall, used = time.perf_counter(), time.process_time()
        for number in range(pictures):
            one(files[number % len(files)])
        print(time.perf_counter() - wall, time.process_time() - used, flush=True)


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
    plain = subprocess.Popen(
        [sys.executable, "-m", "bench.efficiency", "--loop", "--jobs", str(jobs), "--columns", str(columns)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert plain.stdin is not None and plain.stdout is not None
    plain.stdout.readline()
    walls: list[float] = []
    costs: list[float] = []
    gains: list[float] = []
    with Fleet(columns=columns) as fleet:
        first, second = fleet.start_worker(), fleet.start_worker()
        fleet.results(fleet.enqueue(4 * WARM))
        for _ in range(arguments.rounds):
            fleet.pause(second)
            print("go", file=plain.stdin, flush=True)
            loop_wall, loop_cpu = map(float, plain.stdout.readline().split())
            before = cpu_s(first.pid)
            alone = rate(fleet.results(fleet.enqueue(jobs + WARM)), WARM)
            used = (cpu_s(first.pid) - before) / (jobs + WARM)
            fleet.go_on(second)
            both = rate(fleet.results(fleet.enqueue(2 * jobs + WARM)), WARM)
            walls.append(alone * loop_wall / jobs)
            costs.append((loop_cpu / jobs) / used)
            gains.append(both / alone)
    plain.stdin.close()
    plain.wait()
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
