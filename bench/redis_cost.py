"""What one picture costs Redis, in commands and bytes: `python -m bench.redis_cost`.

A real bot and a real worker with the playground. First the bot alone (what it asks while nothing happens), then
commands while no worker runs (what a waiting picture takes), then a worker that draws them all (what drawing asks
and what stays behind), then both with nothing to do. docs/scale.md plans with these figures; the counts do not
depend on how busy the machine is.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path

from redis import Redis

from bench.summary import machine
from devstack import SAMPLE
from devstack.stack import Stack
from jobs.connection import connect
from jobs.rq_adapter.queue import length
from jobs.text.sentences import is_interim

IDLE_S: float = 20.0
FILES = re.compile(rb"glyphcord:(picture:|weights:blob:)")
RQS = b"rq:"
OURS = {"info", "memory|usage", "scan", "llen", "config|get", "ping", "hello", "client|setinfo"}
"""Commands that this program asks itself, or that a new connection does."""


def asked(redis: Redis) -> tuple[int, int]:
    """Commands so far, scripts' own among them, and bytes in and out."""
    stats = redis.info("commandstats")
    calls = sum(found["calls"] for name, found in stats.items() if name.removeprefix("cmdstat_") not in OURS)
    traffic = redis.info("stats")
    return calls, traffic["total_net_input_bytes"] + traffic["total_net_output_bytes"]


def used(redis: Redis, prefix: bytes = b"") -> int:
    """Bytes of all keys of a prefix but those that hold files: pictures and weights."""
    keys = [key for key in redis.scan_iter(count=1000) if key.startswith(prefix) and not FILES.match(key)]
    return sum(redis.memory_usage(key, samples=0) or 0 for key in keys)


def idle(redis: Redis) -> float:
    """Commands a second while nothing happens."""
    before = asked(redis)[0]
    time.sleep(IDLE_S)
    return (asked(redis)[0] - before) / IDLE_S


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=60)
    jobs = parser.parse_args().jobs
    settings = {"TORCH_THREADS": "1", "OMP_NUM_THREADS": "1", "USER_IN_FLIGHT": "0", "USER_DAILY": "0"}
    with (
        tempfile.TemporaryDirectory(prefix="glyphcord-bench-") as folder,
        Stack(Path(folder), workers=0, settings=settings) as stack,
        connect(stack.redis_url, patient=True) as redis,
    ):
        # Before anything is counted: scripts are loaded, the picture and the models are stored.
        stack.start_worker()
        stack.controls.slash("ascii", files={"image": SAMPLE})
        time.sleep(1)
        stack.controls.wait_for(lambda: not unanswered(stack), 120)
        time.sleep(8)  # models are published one by one
        worker = stack.workers.pop()
        worker.terminate()
        worker.wait(60)
        bot = idle(redis)
        calls, bytes_ = asked(redis)
        memory, of_rq = used(redis), used(redis, RQS)
        for _ in range(jobs):
            stack.controls.slash("ascii", files={"image": SAMPLE})
        stack.controls.wait_for(lambda: length(redis) == jobs)
        waiting = (used(redis) - memory) / jobs
        start = time.monotonic()
        stack.start_worker()
        stack.controls.wait_for(lambda: length(redis) == 0, 600)
        stack.controls.wait_for(lambda: not unanswered(stack), 600)
        took = time.monotonic() - start
        time.sleep(2)
        done, flown = asked(redis)
        kept, for_an_hour = (used(redis) - memory) / jobs, (used(redis, RQS) - of_rq) / jobs
        both = idle(redis)
        print(f"{machine()}; {jobs} pictures of {SAMPLE.stat().st_size / 1024:.0f} kB\n")
        print("| what | how much |\n| --- | --- |")
        print(f"| commands a picture, bot and worker together | {(done - calls - took * both) / jobs:.0f} |")
        print(f"| bytes over Redis's connections a picture | {(flown - bytes_) / jobs / 1024:.0f} kB |")
        print(f"| memory of a waiting picture, beside its file | {waiting / 1024:.1f} kB |")
        print(f"| memory that stays when it is drawn, beside its file | {kept / 1024:.1f} kB |")
        print(f"| … of that RQ's, for an hour | {for_an_hour / 1024:.1f} kB |")
        print(f"| … and ours, most of it for 30 days | {(kept - for_an_hour) / 1024:.1f} kB |")
        print(f"| commands a second: a bot with nothing to do | {bot:.1f} |")
        print(f"| commands a second: a worker with nothing to do | {both - bot:.1f} |")


def unanswered(stack: Stack) -> int:
    """How many messages still wait for their picture."""
    messages = [message for found in stack.controls.state()["messages"].values() for message in found]
    return sum(message["loading"] or is_interim(message["content"]) for message in messages)


if __name__ == "__main__":
    main()
