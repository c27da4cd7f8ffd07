"""What workers suffer."""

import random
import threading
import time
from typing import Final

from redis.exceptions import RedisError

from bench.chaos.faults.processes import HOURS_OFF_S, freeze, kill, some_time, stall
from bench.chaos.faults.scene import Fault, Scene, between
from bench.chaos.observer import Json
from jobs.connection import connect
from playground.testing.process import Running

PAST_LEASE: Final = 1.2
READY_S: Final = 60.0
HELD_S: Final = 3.0


def faults(scene: Scene, rng: random.Random) -> list[Fault]:
    """The lane's faults. At any time one worker suffers, and the others work."""
    lane = Workers(scene, rng)
    return [
        Fault("worker killed", lane.kill_one, 4),
        Fault("worker killed between effect and acknowledgement", lane.kill_after_effect, 3),
        Fault("worker frozen", lane.freeze_one, 2),
        Fault("worker frozen beyond its lease", lane.freeze_beyond_lease),
        Fault("worker's Redis connection stalled", lane.stall_one, 2),
        Fault("worker's clock 2 h ahead", lambda: lane.wrong_clock(HOURS_OFF_S)),
        Fault("worker's clock 2 h behind", lambda: lane.wrong_clock(-HOURS_OFF_S)),
    ]


class Workers:
    """The workers that should be running. One that ends itself is started again, as whoever runs workers does."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self._scene, self._rng = scene, rng
        self._running = list(scene.stack.workers)
        self._change = threading.Lock()
        threading.Thread(target=self._supervise, name="chaos-supervisor", daemon=True).start()

    def _supervise(self) -> None:
        """A worker that was frozen for longer than a job may take ends itself when it wakes up."""
        while not self._scene.ended.wait(1.0):
            with self._change:
                for place, worker in enumerate(self._running):
                    if worker.poll() is not None and not self._scene.ended.is_set():
                        self._scene.log(f"a worker has ended with exit code {worker.returncode}")
                        self._scene.programs.ended(worker)
                        self._running[place] = self._scene.stack.start_worker()

    def kill_one(self) -> bool:
        """One with a job in hand, if there is one."""
        worker, job = self._one()
        self._kill(worker, job)
        return True

    def kill_after_effect(self) -> bool:
        """Hang up on a worker after the change is made, and kill it before it asks again."""
        scene = self._scene
        if scene.await_commands():
            return False
        happened: set[str | None] = set()
        event = threading.Event()

        def watch(message: Json) -> None:
            if message["attachments"]:
                happened.add(message["id"])
                event.set()

        edits = {"method": "PATCH", "path": "/webhooks/"}
        rule = scene.stack.controls.fault(**edits, drop="after", times=1)
        # Its next try is slow, so that it has the job in hand still.
        later = scene.stack.controls.fault(**edits, delay_s=HELD_S, times=3)
        scene.watcher.listeners.append(watch)
        event.wait(20)
        scene.watcher.listeners.remove(watch)
        busy = running_jobs(scene.stack.redis_url, {worker.pid for worker in self._running})
        hit = [worker for worker in self._running if scene.users.message_of(busy.get(worker.pid, "")) in happened]
        for worker in hit:
            self._kill(worker, busy[worker.pid])
        for number in (rule, later):
            scene.stack.controls.clear_faults(number)
        return bool(hit)  # not, if it was a click's picture or the worker was quicker

    def freeze_one(self) -> bool:
        return freeze(self._scene, self._one()[0], between(self._rng, self._scene.scale.frozen_s))

    def freeze_beyond_lease(self) -> bool:
        """So that another worker has its job, and is perhaps done with it, when it wakes up in the middle of it."""
        scale = self._scene.scale
        shortest = scale.lease_s * PAST_LEASE
        return freeze(self._scene, self._one()[0], between(self._rng, (shortest, max(shortest, scale.frozen_s[1]))))

    def stall_one(self) -> bool:
        return stall(self._scene, self._one()[0], between(self._rng, self._scene.scale.stalled_s))

    def wrong_clock(self, ahead_s: float) -> bool:
        """One is started with a wrong clock, works, and is killed; one with the right clock follows."""
        scene = self._scene
        worker, job = self._one()
        with scene.programs.clock_ahead("worker", ahead_s):
            wrong = self._kill(worker, job)
        ready = self._await_ready()
        scene.wait(scene.scale.clock_s)
        self._kill(wrong, running_jobs(scene.stack.redis_url, {wrong.pid}).get(wrong.pid))
        return ready

    def _one(self) -> tuple[Running, str | None]:
        busy = running_jobs(self._scene.stack.redis_url, {worker.pid for worker in self._running})
        worker = self._rng.choice([w for w in self._running if w.pid in busy] or self._running)
        return worker, busy.get(worker.pid)

    def _kill(self, worker: Running, job: str | None) -> Running:
        """Kill one, unless it has ended; the one in its place."""
        with self._change:
            if worker not in self._running:
                return worker
            kill(self._scene, worker)
            if job is not None:
                self._scene.after_death.append((job, time.monotonic()))
            some_time(self._scene, self._rng)
            place = self._running.index(worker)
            self._running[place] = self._scene.stack.start_worker()
            return self._running[place]

    def _await_ready(self) -> bool:
        """Whether the worker that was started last has come up."""
        stack, until = self._scene.stack, time.monotonic() + READY_S
        log = stack.folder / f"worker-{len(stack.workers)}.log"
        while time.monotonic() < until:
            if "worker ready" in log.read_text(encoding="utf-8", errors="replace"):
                return True
            if self._scene.wait(0.3):
                return False
        return False


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
