"""One worker's loop: it takes jobs one after another, outlives a lost Redis, and ends cleanly on a signal."""

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from jobs import clock
from jobs.observability import tracing as trace
from jobs.observability.logs import bound
from jobs.rq_adapter.job import BadRequest, RenderJob
from jobs.rq_adapter.queue import JOB_TIMEOUT_S
from jobs.rq_adapter.worker import RQWorker
from worker.delivery.rest_client import DiscordUnavailable
from worker.queue.circuit_breaker import CircuitBreaker
from worker.queue.lease import Lease, hard_end
from worker.queue.redis_outage import Outage, back_off_s

_log = logging.getLogger(__name__)

EXIT_BROKEN: Final = 71
_WAIT_S: Final = 1
"""Seconds of one blocking pop, and so the longest an idle worker takes to see a signal."""
SECOND_SIGNAL_S: Final = 1.0
"""Ctrl-C in a terminal and a supervisor's signal come together, and are one."""


class WorkLoop:
    """One process, one job at a time. Needs Redis to be there when it is made.

    `kind` says what its jobs may call; `cancel` asks a job to end between two of its stages. `is_lost` is asked
    after a job that raised: a process whose device is gone must end, for nothing else helps.
    """

    renew_s = 10.0
    hard_grace_s = 10.0
    """Seconds past a job's timeout after which a process that still runs it is ended."""

    def __init__(
        self,
        redis: Redis,
        *,
        name: str,
        kind: type[RenderJob],
        outage: Outage,
        breaker: CircuitBreaker,
        is_lost: Callable[[], bool],
        cancel: Callable[[str], object],
    ) -> None:
        self.name = name
        self.outage = outage
        self.breaker = breaker
        self._is_lost = is_lost
        self._cancel = cancel
        self.jobs_done = 0
        self.came_round_at = time.monotonic()
        self._job_id: str | None = None
        self._turn = threading.Lock()
        self.stopping = self.suspended = self.held = False
        """Asked to end by a signal; kept from taking jobs by `rq suspend`; and by `hold`."""
        self._at_rest, self._signalled_at, self._exit_code = False, 0.0, 0
        self._registered = False
        self._beat_at = 0.0
        self._redis = redis
        self._rq = RQWorker(redis, name, kind, self._note_error)

    # --- from outside -----------------------------------------------------------------------------------

    def serve(self) -> int:
        """Work until SIGTERM or SIGINT; a job in hand is finished, no other is taken. The exit code.

        A second signal a second later hands the job in hand back to the queue and ends. A lost Redis is
        waited for, however long it takes.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note_signal)
        failures = 0
        while not self.stopping:
            self.came_round_at = time.monotonic()
            try:
                self.step()
                failures = 0
                self.outage.up()
            except RedisError as error:
                self.outage.down(error)
                self._registered = False
                failures += 1
                self._pause(back_off_s(failures))
            except Exception as error:
                _log.exception("queue error=%s", type(error).__name__)
                failures += 1
                self._pause(back_off_s(failures))
        _log.info("worker stopping name=%s jobs_done=%d", self.name, self.jobs_done)
        if not self.outage.lasting:  # else there is nobody to tell, and the record ends by itself
            try:
                self._rq.unregister()
            except RedisError as error:
                self.outage.down(error)
        return self._exit_code

    @property
    def state(self) -> str:
        """What it does now, as jobs.registry.fleet.WorkerReport has it."""
        if self.stopping:
            return "stopping"
        if self.breaker.is_open:
            return "degraded"
        if self.held:
            return "swapping"
        if self.suspended:
            return "suspended"
        return "idle" if self._job_id is None else "busy"

    def hold(self, wait_s: float = 0.5) -> bool:
        """From another thread: take no job until `release`. Whether none is in hand now; if not, ask again."""
        self.held = True
        self._at_rest = self._at_rest or self._turn.acquire(timeout=wait_s)
        return self._at_rest

    def release(self) -> None:
        """Take jobs again."""
        self.held = False
        if self._at_rest:
            self._at_rest = False
            self._turn.release()

    def stop_job(self, job_id: str) -> None:
        """From another thread: let a job end between two of its stages, if it is in hand here."""
        if job_id != self._job_id:
            _log.warning("not working on job id=%s; nothing to stop", job_id)
            return
        self._cancel(job_id)
        _log.info("job cancelled by an operator id=%s; it ends after its stage unless it is being posted", job_id)

    def break_off(self) -> None:
        """From another thread: end this process as broken, so that a fresh one takes its place."""
        self._exit_code, self.stopping = EXIT_BROKEN, True

    # --- the loop ---------------------------------------------------------------------------------------

    def step(self) -> None:
        """One round: look after the queue, then run a job, if there is one and this worker may take it."""
        if not self._registered:
            self._rq.register()
            self._registered, self.suspended = True, False
        if time.monotonic() - self._beat_at > self.renew_s:
            clock.follow(self._redis)
            self._rq.heartbeat()
            self._beat_at = time.monotonic()
        self._rq.look_after()
        if self.held:
            self._pause(0.1)
        elif self._is_suspended():
            self._pause(0.5)
        elif self.breaker.is_open:
            with hard_end(JOB_TIMEOUT_S):
                self.breaker.recover()
            self._pause(1)
        else:
            with self._turn:
                # Asked again: it may have been held since.
                job: RenderJob | None = None if self.held else self._rq.take(_WAIT_S)
                if job is not None:
                    self.run_job(job)

    def run_job(self, job: RenderJob) -> None:
        """Run one job in this process, with its lease renewed and a hard end if it hangs."""
        execution = self._rq.begin(job)
        self._job_id = job.id

        def renew() -> None:
            try:
                self._rq.renew(job, execution)
                self.outage.up()
            except RedisError as error:
                self.outage.down(error)

        hard_s = float(job.timeout or JOB_TIMEOUT_S) + self.hard_grace_s
        since = job.enqueued_at.timestamp() if job.enqueued_at else None
        try:
            with (
                Lease(renew, every_s=self.renew_s, hard_s=hard_s, job_id=job.id),
                bound(job.id),
                trace.job(job.id, since),
            ):
                succeeded = self._rq.perform(job, execution)
        except RedisError:
            _log.warning("job interrupted id=%s; it runs again once its lease is over", job.id)
            raise
        finally:
            self._job_id = None
            self.jobs_done += 1
        self._rq.set_state("idle")
        if succeeded:
            return
        with hard_end(JOB_TIMEOUT_S):
            lost = self._is_lost()
        if lost:
            _log.critical("worker broken name=%s; ending, so that a fresh one can take over", self.name)
            self.break_off()

    def _is_suspended(self) -> bool:
        suspended = self._rq.is_suspended
        if suspended != self.suspended:
            self.suspended = suspended
            self._rq.set_state("suspended" if suspended else "idle")
            _log.warning(
                "worker suspended; taking no jobs until `rq resume`" if suspended else "worker resumed; taking jobs"
            )
        return suspended

    def _note_error(self, job: Any, error: BaseException) -> None:
        """Log a failed try in one line; a traceback only where one was not expected."""
        expected = isinstance(error, (DiscordUnavailable, BadRequest, RedisError))
        _log.error(
            "job raised id=%s retries_left=%s error=%s reason=%r",
            job.id,
            job.retries_left or 0,
            type(error).__name__,
            str(error)[:200],
            exc_info=None if expected else error,
        )
        if not expected:
            self.breaker.record_failure(job.id, type(error).__name__)

    def _note_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Only note the first: raising from here could lose a job just popped."""
        if not self._signalled_at:
            self._signalled_at, self.stopping = time.monotonic(), True
        elif time.monotonic() - self._signalled_at > SECOND_SIGNAL_S:
            _log.warning("worker ends at once name=%s job_id=%s", self.name, self._job_id or "-")
            raise SystemExit

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(0.1)


def unique_name() -> str:
    """Host, process and chance: RQ refuses the name of a killed worker for a minute and a half."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
