"""From a command to its picture at half load, as a multiple of the bare pipeline: `python -m bench.latency`.

A real bot and one worker with the playground. First commands one at a time, which gives the pipeline's own time
(the stages from decoding to encoding) and how many pictures a second the worker can make; then commands at random
moments, half as many a second. From the time in the interaction's id to the job's end. Aims: p50 at most 1.5 times
the pipeline, p95 at most 2.5 times.

Commands at random moments sometimes come together, and then the second waits for the first, whatever the program.
The last column is what a queue makes of the very same moments and pictures, one of which takes twice as long as
another, if nothing but their pipelines took any time.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.fleet import ended, photos
from bench.summary import machine, quantile
from devstack.stack import Stack
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.schema import RenderResult
from playground.state.snowflake import created_at

PIPELINE = ("decode", "tone", "generator", "paint", "encode")


def queued(arrivals: list[float], services: list[float]) -> list[float]:
    """What one worker would make of these moments, if nothing but the work itself took any time."""
    free, found = 0.0, []
    for at, service_s in zip(arrivals, services, strict=True):
        free = max(free, at) + service_s
        found.append(free - at)
    return found


def pipeline_s(result: RenderResult) -> float:
    """Seconds that a picture's own stages took."""
    return sum(result.stages_ms[stage] for stage in PIPELINE) / 1000


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=150)
    parser.add_argument("--alone", type=int, default=20, help="commands one at a time, before")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng, files = random.Random(arguments.seed), photos()
    settings = {"TORCH_THREADS": "1", "OMP_NUM_THREADS": "1", "USER_IN_FLIGHT": "0", "USER_DAILY": "0"}
    with (
        tempfile.TemporaryDirectory(prefix="glyphcord-bench-") as folder,
        Stack(Path(folder), settings=settings) as stack,
        connect(stack.redis_url, patient=True) as redis,
    ):
        jobs = Jobs(redis)

        def ask(number: int) -> str:
            file = ("photo.jpg", files[number % len(files)], "image/jpeg")
            return str(stack.controls.slash("ascii", files={"image": file})["interaction_id"])

        alone = [ended(jobs, [ask(number)])[0] for number in range(arguments.alone)][3:]
        pipeline = median([pipeline_s(result) for result in alone])
        unhurried = [result.finished_at - created_at(result.job_id) for result in alone]
        # One job after another, without a pause between them, is what a full load is.
        ids = [ask(number) for number in range(3 * arguments.alone)]
        busy = [result.finished_at for result in ended(jobs, ids)][arguments.alone :]
        service = (busy[-1] - busy[0]) / (len(busy) - 1)
        ids, start = [], time.monotonic()
        arrivals: list[float] = []
        at = 0.0
        for number in range(arguments.jobs):
            at += rng.expovariate(0.5 / service)
            time.sleep(max(0.0, start + at - time.monotonic()))
            ids.append(ask(number))
            arrivals.append(at)
        results = ended(jobs, ids)
    waits = [result.finished_at - created_at(result.job_id) for result in results]
    drawn = {result.job_id: pipeline_s(result) for result in results}
    least = queued(arrivals, [drawn[job_id] for job_id in ids])
    print(f"{machine()}; {arguments.jobs} commands, {0.5 / service:.1f} a second; the bare pipeline takes", end=" ")
    print(f"{1000 * pipeline:.0f} ms, a worker under full load {1000 * service:.0f} ms a picture\n")
    print("| command to posted | one at a time | half load | the same, nothing but the pipelines | aim |")
    print("| --- | --- | --- | --- | --- |")
    for share, aim in ((0.5, 1.5), (0.95, 2.5)):
        cells = [quantile(found, share) / pipeline for found in (unhurried, waits, least)]
        print(f"| p{100 * share:.0f} / pipeline | {cells[0]:.2f} | **{cells[1]:.2f}** | {cells[2]:.2f} | {aim} |")


if __name__ == "__main__":
    main()
