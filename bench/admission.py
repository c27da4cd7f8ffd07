"""The way in: how fast a burst of commands is acknowledged, and what each costs Redis: `python -m bench.admission`.

A burst: so many commands at the same moment for a real bot with the playground; from the time in the interaction's
id to the moment its acknowledgement was taken, as the playground saw both. Discord gives 3 s; the aim is a p99
under 0.3 s, with an event loop that never wakes a sleeper 50 ms late in the worst percent. Playground and people
share the machine with the bot; so that they spend little of it, nobody uploads a file: all use the menu command on
one picture, which is downloaded and queued for each after the acknowledgement.

What the queue's and the pictures' lengths cost: milliseconds of one enqueueing, of which a fair order on the queue
is the part that grows, and of storing one picture, by how many there are.
"""

import argparse
import itertools
import json
import re
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Final

from redis import Redis

from bench.fleet import request
from bench.summary import machine, quantile
from devstack.stack import Stack
from devstack.valkey import free_port, start_valkey
from jobs.connection import connect
from jobs.pictures import Hold, PictureStore
from jobs.records import record_key
from jobs.rq_adapter.queue import enqueue, length
from playground.state.snowflake import created_at
from playground.testing import Refused
from tests.bot.processes import a_png

CALLBACK: Final = re.compile(r"/interactions/(\d+)/[^/]+/callback$")
SETTLE_S: Final = 3.0


def burst(commands: int, bursts: int) -> tuple[list[float], list[float]]:
    """Seconds from each command to its acknowledgement, and the bot's event loop's lags, as bucket limits."""
    port = free_port()
    settings = {"USER_IN_FLIGHT": "0", "USER_DAILY": "0", "QUEUE_LIMIT": "100000", "BOT_HTTP_PORT": str(port)}
    with tempfile.TemporaryDirectory(prefix="glyphcord-bench-") as folder:
        record = Path(folder) / "record.jsonl"
        with Stack(Path(folder), workers=0, record=record, settings=settings) as stack:
            together = threading.Barrier(commands)
            target = stack.controls.message("Who draws this?", files={"image": a_png()})

            def ask(_: int) -> None:
                together.wait()
                try:
                    stack.controls.slash("Make ASCII", target=target)
                except Refused as refused:
                    raise RuntimeError(f"the playground refused: {refused}") from None

            with ThreadPoolExecutor(commands) as people:
                list(people.map(ask, range(commands)))  # the first burst opens connections and warms caches
                time.sleep(SETTLE_S)
                before, skip = lags(port), len(record.read_text().splitlines())
                for _ in range(bursts):
                    list(people.map(ask, range(commands)))
                    time.sleep(SETTLE_S)
            stack.controls.wait_for(lambda: len(acknowledged(record, skip)) == commands * bursts, 60)
            with connect(stack.redis_url, patient=True) as redis:
                stack.controls.wait_for(lambda: length(redis) == commands * (bursts + 1), 60)
            after = lags(port)
            counted = {limit: after[limit] - before.get(limit, 0) for limit in after}
            cumulative = itertools.pairwise([0.0, *(counted[limit] for limit in sorted(counted))])
            each = [round(now - then) for then, now in cumulative]
            found = [limit for limit, count in zip(sorted(counted), each, strict=True) for _ in range(count)]
            return acknowledged(record, skip), found


def acknowledged(record: Path, skip: int) -> list[float]:
    """Seconds between an interaction's making and its acknowledgement's being taken."""
    found = []
    for line in record.read_text(encoding="utf-8").splitlines()[skip:]:
        exchange = json.loads(line)
        if (path := CALLBACK.search(exchange["path"])) and exchange["status"] < 300:
            found.append(exchange["at"] + exchange["took_ms"] / 1000 - created_at(path[1]))
    return found


def lags(port: int) -> dict[float, float]:
    """The bot's own histogram of its event loop's lag: how many samples up to each limit."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    name = "glyphcord_event_loop_lag_seconds_bucket"
    return {float(le): float(n) for le, n in re.findall(rf'^{name}{{le="([^"]+)"}} (\S+)$', text, re.MULTILINE)}


def milliseconds(work: Callable[[], object], rounds: int = 20) -> float:
    """The median of so many calls."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def costs(redis: Redis, length: int) -> tuple[float, float]:
    """Milliseconds to enqueue one more job behind so many, and to store one more picture beside so many."""
    redis.flushall()
    numbers = itertools.count(1)
    store = PictureStore(redis, 7 * 24 * 3600, 2**34)
    for _ in range(length):
        number = next(numbers)
        # What waits comes from fifty servers, and so in turns already: the next one has the most to pass.
        enqueue(redis, request(number, store.put(str(number).encode(), running(redis, number)), 64))
    sha = store.put(b"a picture")

    def enqueue_one() -> None:
        assert enqueue(redis, request(next(numbers), sha, 64))

    def store_one() -> None:
        number = next(numbers)
        store.put(str(number).encode() * 10_000, running(redis, number))

    return milliseconds(enqueue_one), milliseconds(store_one)


def running(redis: Redis, number: int) -> Hold:
    """A job that waits, and needs its picture meanwhile."""
    redis.hset(record_key(str(number)), "state", "pending")
    return Hold(str(number), str(number % 200), str(number % 50), time.time() + 3600)


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=200, help="in one burst")
    parser.add_argument("--bursts", type=int, default=5)
    parser.add_argument("--lengths", type=int, nargs="+", default=[0, 100, 1000, 5000])
    arguments = parser.parse_args()
    times, late = burst(arguments.commands, arguments.bursts)
    print(f"{machine()}; {arguments.bursts} bursts of {arguments.commands} commands\n")
    print("| | p50 | p99 | most | aim |\n| --- | --- | --- | --- | --- |")
    p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
    print(f"| command to acknowledgement, s | {p50:.2f} | **{p99:.2f}** | {max(times):.2f} | p99 0.30 |")
    lag = " | ".join(f"{1000 * quantile(late, share):.0f}" for share in (0.5, 0.99, 1.0))
    print(f"| event loop's lag, ms at most ({len(late)} samples) | {lag} | p99 50 |\n")
    print("| on the queue and stored | ms to enqueue one | ms to store a picture |\n| --- | --- | --- |")
    server = start_valkey()
    with connect(f"redis://127.0.0.1:{server.port}/0", patient=True) as redis:
        for length in arguments.lengths:
            queued, stored = costs(redis, length)
            print(f"| {length:,} | {queued:.1f} | {stored:.1f} |", flush=True)
    server.stop()


if __name__ == "__main__":
    main()
