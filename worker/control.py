"""The control thread: says every few seconds that this worker is alive, and carries out reload orders.

Weights are loaded here, beside the model that keeps drawing in the main thread.
"""

import logging
import os
import socket
import threading
import time
from typing import Final

from redis.exceptions import RedisError

from jobs.fleet import REPORT_EVERY_S, Fleet, ReloadAnswer, ReloadOrder, WorkerReport
from models.renderer import WeightsError
from worker.engine import Engine
from worker.outage import Outage
from worker.rq_worker import GlyphWorker

_log = logging.getLogger(__name__)

_TICK_S: Final = 0.5


class Control:
    """Starts at `start`, ends at `stop`. `seen` is the newest order from before the weights were loaded."""

    def __init__(self, fleet: Fleet, engine: Engine, worker: GlyphWorker, seen: ReloadOrder | None) -> None:
        self._fleet = fleet
        self._engine = engine
        self._worker = worker
        self._outage: Outage = worker.outage
        self._seen = seen.number if seen else 0
        self._started_at = time.time()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

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
        report_at = 0.0
        while not self._stop.is_set():
            try:
                if time.monotonic() >= report_at:
                    self._fleet.report(self._report())
                    report_at = time.monotonic() + REPORT_EVERY_S
                order = self._fleet.latest_order()
                # Not "greater than": a Redis that was emptied counts from one again.
                if order is not None and order.number != self._seen:
                    self._seen = order.number
                    self._fleet.answer(order, self._reload(order))
                    report_at = 0.0
            except RedisError as error:
                self._outage.down(error)
            except Exception:
                _log.exception("control failed")
            self._stop.wait(_TICK_S)

    def _reload(self, order: ReloadOrder) -> ReloadAnswer:
        took_ms, reason = 0.0, ""
        try:
            took_ms = self._engine.reload()
        except WeightsError as error:
            reason = str(error)
        except Exception as error:  # whatever it is, the old model serves and the admin hears of it
            _log.exception("reload failed order=%d", order.number)
            reason = f"unexpected {type(error).__name__}; see the worker's log"
        renderer = self._engine.renderer
        _log.info(
            "reload order=%d by=%s model=%s version=%s took_ms=%.0f error=%r",
            order.number, order.ordered_by, renderer.name, renderer.version, took_ms, reason,
        )  # fmt: skip
        return ReloadAnswer(
            worker=self._worker.name,
            model=renderer.name,
            model_version=renderer.version,
            took_ms=took_ms,
            error=reason,
        )

    def _report(self) -> WorkerReport:
        worker, renderer = self._worker, self._engine.renderer
        busy = worker.get_state() == "busy"
        state = "degraded" if worker.health.degraded else "busy" if busy else "idle"
        return WorkerReport(
            name=worker.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=renderer.device,
            model=renderer.name,
            model_version=renderer.version,
            state="stopping" if worker.stopping else state,
            jobs_done=worker.jobs_done,
            last_error=worker.health.last_error,
            started_at=self._started_at,
        )
