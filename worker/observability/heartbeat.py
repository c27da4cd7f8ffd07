"""The heartbeat thread: says every few seconds that this worker is alive, and carries out changes of models.

Weights are loaded here, beside the model that keeps drawing in the main thread. While nobody asks for pictures,
memory that they took goes back to the system.
"""

import logging
import os
import socket
import threading
import time
from typing import Final

from redis.exceptions import RedisError

from jobs import clock
from jobs.registry.fleet import REPORT_EVERY_S, Fleet, WorkerReport
from models.inference.memory import give_back
from worker.queue.redis_outage import Outage
from worker.queue.work_loop import WorkLoop
from worker.render.engine import Engine
from worker.weights.reloading import Reloader

_log = logging.getLogger(__name__)

_TICK_S: Final = 0.5
_BUSY_TICK_S: Final = 0.1
"""While a reload is open: others wait for our word."""
_FOLLOW_S: Final = 2.0
"""Reloads are looked for more often than what else the registry names."""


class Heartbeat:
    """Starts at `start`, ends at `stop`."""

    def __init__(self, fleet: Fleet, engine: Engine, worker: WorkLoop, reloader: Reloader) -> None:
        self._fleet = fleet
        self._engine = engine
        self._worker = worker
        self._reloader = reloader
        self._outage: Outage = worker.outage
        self._started_at = clock.now()
        self._idle_after = self._given_back_after = -1
        """Jobs done when it was last seen idle, and when memory last went back."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Report at once and then every REPORT_EVERY_S."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and take this worker off the list."""
        self._stop.set()
        self._thread.join(timeout=5)
        if self._outage.lasting:
            return  # the report ends by itself
        try:
            self._fleet.leave(self._worker.name)
        except RedisError as error:
            self._outage.down(error)

    def _run(self) -> None:
        report_at = follow_at = 0.0
        while not self._stop.is_set():
            tick = _TICK_S
            try:
                if time.monotonic() >= report_at:
                    self._fleet.report(self._report())
                    report_at = time.monotonic() + REPORT_EVERY_S
                    self._give_back_when_idle()
                due = time.monotonic() >= follow_at
                if self._reloader.step(follow=due):
                    tick = _BUSY_TICK_S
                elif due:
                    follow_at = time.monotonic() + _FOLLOW_S
            except RedisError as error:
                self._outage.down(error)
            except Exception:
                _log.exception("heartbeat failed")
            self._stop.wait(tick)

    def _give_back_when_idle(self) -> None:
        """Once after the last of some jobs, and after the start: not between two, which would cost each time."""
        done = self._worker.jobs_done
        if self._worker.state == "idle" and done == self._idle_after != self._given_back_after:
            give_back()
            self._given_back_after = done
        self._idle_after = done if self._worker.state == "idle" else -1

    def _report(self) -> WorkerReport:
        worker, models = self._worker, {loaded.name: loaded.renderer.version for loaded in self._engine.loaded()}
        return WorkerReport(
            name=worker.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=self._engine.device,
            model=self._engine.default,
            model_version=models.get(self._engine.default, ""),
            models=models,
            memory_mb=self._engine.memory_mb(),
            state=worker.state,
            jobs_done=worker.jobs_done,
            last_error=self._reloader.error or worker.breaker.last_error,
            started_at=self._started_at,
        )
