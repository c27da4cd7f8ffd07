"""A worker's report to the fleet; while nobody asks for pictures, memory that they took goes back to the system."""

import os
import socket
import time

from jobs import clock
from jobs.registry.fleet import REPORT_EVERY_S, REPORT_TTL_S, Fleet, WorkerReport
from models.inference.memory import give_back
from worker.queue.work_loop import WorkLoop
from worker.render.engine import Engine
from worker.weights.reloading import Reloader


class Heartbeat:
    """What a thread of its own repeats: a load that takes long in another must not look like a worker that died."""

    def __init__(self, fleet: Fleet, engine: Engine, worker: WorkLoop, reloader: Reloader) -> None:
        self._fleet = fleet
        self._engine = engine
        self._worker = worker
        self._reloader = reloader
        self._started_at = clock.now()
        self._idle_after = self._given_back_after = -1
        """Jobs done when it was last seen idle, and when memory last went back."""

    def beat(self) -> float:
        """Report; seconds until the next. Raises redis errors."""
        self._fleet.report(self._report())
        self._give_back_when_idle()
        return REPORT_EVERY_S

    def _give_back_when_idle(self) -> None:
        """Once after the last of some jobs, and after the start: not between two, which would cost each time."""
        done = self._worker.jobs_done
        if self._worker.state == "idle" and done == self._idle_after != self._given_back_after:
            give_back()
            self._given_back_after = done
        self._idle_after = done if self._worker.state == "idle" else -1

    def _report(self) -> WorkerReport:
        worker, default = self._worker, self._engine.default
        models = {loaded.name: loaded.renderer.version for loaded in self._engine.loaded()}
        away_s = time.monotonic() - self._reloader.came_round_at
        # A reload waits no longer for a worker in one file than for one that says nothing.
        away = f"reading or loading weights for {away_s:.0f} s" if away_s > REPORT_TTL_S else ""
        return WorkerReport(
            name=worker.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=self._engine.device,
            model=default,
            model_version=models.get(default, ""),
            models=models,
            memory_mb=self._engine.memory_mb(),
            state=worker.state,
            jobs_done=worker.jobs_done,
            last_error=away or self._reloader.error or worker.breaker.last_error,
            takes_reloads=not away,
            started_at=self._started_at,
        )
