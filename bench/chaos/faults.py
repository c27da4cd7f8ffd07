"""The faults: whatever can die does, one thing after another."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from redis.exceptions import RedisError

from bench.chaos.load import Users
from bench.chaos.observer import Json, Watcher
from devstack.stack import Stack
from jobs.connection import connect

TOKEN_LIFE_S: Final = 15 * 60


class FaultInjector:
    """Breaks one thing after another until told to stop, and measures how long users wait because of it."""

    def __init__(
        self,
        stack: Stack,
        users: Users,
        watcher: Watcher,
        rng: random.Random,
        *,
        pause: float,
        outage_s: float,
        once: bool,
    ) -> None:
        self._stack, self._users, self._watcher, self._rng = stack, users, watcher, rng
        self._controls = stack.controls
        self._pause = pause
        self._long_outage_s, self._once = outage_s, once
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._workers = list(stack.workers)
        self.counts: Counter[str] = Counter()
        self.after_death: list[tuple[str, float]] = []
        self.after_valkey: list[float] = []
        self.error: BaseException | None = None

    def __enter__(self) -> "FaultInjector":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        self._controls.clear_faults()

    def _run(self) -> None:
        kinds: list[tuple[Callable[[], None], int]] = [
            (self._kill_a_worker, 4),
            (self._kill_a_worker_after_its_effect, 3),
            (self._valkey, 2),
            (self._discord_is_ill, 8),
            (self._gateway, 3),
            (self._tokens_expire, 2),
            (self._kill_a_bot, 2),
        ]
        try:
            for work in self._in_turns(kinds):
                if self._over.wait(self._rng.uniform(0.5, 1.5) * self._pause):
                    return
                work()
        except BaseException as error:
            self.error = error
        finally:
            self._over.set()

    def is_over(self) -> bool:
        """Whether nothing more will break."""
        return self._over.is_set()

    def _in_turns(self, kinds: list[tuple[Callable[[], None], int]]) -> Iterator[Callable[[], None]]:
        while True:  # each kind as often as its weight says, in an order of the seed's
            deck = [work for work, weight in kinds for _ in range(1 if self._once else weight)]
            self._rng.shuffle(deck)
            yield from deck
            if self._once:
                return

    # Processes

    def _kill_a_worker(self) -> None:
        busy = running_jobs(self._stack.redis_url, self._alive())
        pid = self._rng.choice(sorted(busy)) if busy else self._rng.choice(self._workers).pid
        self._kill_worker(pid, busy.get(pid))
        self.counts["workers killed"] += 1

    def _kill_a_worker_after_its_effect(self) -> None:
        """Hang up on a worker after the change is made, and kill it before it asks again."""
        happened: dict[str, str] = {}
        event = threading.Event()

        def watch(message: Json) -> None:
            if message["attachments"]:
                happened.setdefault("id", message["id"])
                event.set()

        self._controls.fault(method="PATCH", path="/webhooks/", drop="after", times=1)
        self._watcher.listeners.append(watch)
        event.wait(5)
        self._watcher.listeners.remove(watch)
        hit = [
            (pid, job)
            for pid, job in running_jobs(self._stack.redis_url, self._alive()).items()
            if self._users.message_of(job) == happened.get("id", "")
        ]
        if not hit:
            return  # a click's picture, or the worker was quicker
        self._kill_worker(*hit[0])
        self.counts["… between effect and acknowledgement"] += 1

    def _kill_worker(self, pid: int, job: str | None) -> None:
        for n, worker in enumerate(self._workers):
            if worker.pid == pid:
                worker.kill()
                worker.wait()
                if job is not None:
                    self.after_death.append((job, time.monotonic()))
                self._over.wait(self._rng.uniform(0, 2))
                self._workers[n] = self._stack.start_worker()

    def _alive(self) -> set[int]:
        return {worker.pid for worker in self._workers if worker.poll() is None}

    def _kill_a_bot(self) -> None:
        n = self._rng.randrange(len(self._stack.bots))
        self._stack.bots[n].kill()
        self._stack.bots[n].wait()
        self.counts["bots killed"] += 1
        self._over.wait(self._rng.uniform(0, 2))
        self._stack.restart_bot(n)
        # Two killed at once would leave nobody to hear a click; Discord repeats none of them.
        self._await_bots()

    def _await_bots(self) -> None:
        until = time.monotonic() + 40
        while time.monotonic() < until and self._controls.state()["sessions"] < len(self._stack.bots):
            time.sleep(0.3)

    def _valkey(self) -> None:
        kill = self._rng.random() < 0.6
        self._stack.stop_valkey(kill=kill)
        self.counts["Valkey killed" if kill else "Valkey stopped"] += 1
        down_s = self._long_outage_s or self._rng.choice((0.0, 0.5, 2.0, 6.0))
        if self._long_outage_s:
            self.counts[f"… once for {self._long_outage_s:.0f} s"] += 1
        self._long_outage_s = 0.0
        self._over.wait(down_s)
        self._stack.start_valkey()
        back = time.monotonic()
        while not self._over.wait(0.05) and time.monotonic() < back + 60:
            if self._watcher.last_picture_at > back:
                self.after_valkey.append(self._watcher.last_picture_at - back)
                return

    # Discord

    def _discord_is_ill(self) -> None:
        where = self._rng.choice(("/webhooks/", "/channels/", "/callback$", "/(webhooks|channels)/"))
        rule: Json = self._rng.choice(
            (
                {"status": 429, "retry_after": self._rng.choice((0.3, 1.0, 3.0))},
                {"status": self._rng.choice((500, 502, 503))},
                {"drop": "before"},
                {"drop": "after"},
                {"delay_s": 1.5},
            )
        )
        self._controls.fault(path=where, times=self._rng.randrange(1, 6), **rule)
        self.counts[f"Discord: {rule.get('status') or ('hangs up' if 'drop' in rule else 'slow')}"] += 1

    def _gateway(self) -> None:
        self._controls.gateway(self._rng.choice(("drop", "reconnect")))
        self.counts["gateway dropped"] += 1
        self._await_bots()

    def _tokens_expire(self) -> None:
        # Sessions that are apart for longer than three minutes cannot be resumed: not what this is about.
        self._await_bots()
        self._controls.advance(TOKEN_LIFE_S + 5)
        self.counts["all tokens expired"] += 1


def running_jobs(redis_url: str, pids: set[int]) -> dict[int, str]:
    """Worker process -> the job it has in hand, by RQ's own records; nothing while Redis is broken, too."""
    found = {}
    try:
        with connect(redis_url) as redis:
            for worker in redis.smembers("rq:workers"):
                pid = redis.hget(worker, "pid")
                for running in redis.smembers(worker + b":executions"):  # "job:execution"
                    if pid is not None and int(pid) in pids:
                        found[int(pid)] = running.decode().rsplit(":", 1)[0]
    except RedisError:
        pass
    return found
