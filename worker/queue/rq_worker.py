"""RQ's SimpleWorker with what it lacks: a lease while a job runs, a loop that outlives Redis, a clean end.

The loop is ours because RQ's own ends the process on a lost Redis, and stops an idle worker by raising out
of a blocking pop, where the job just popped is lost for a minute. Everything about jobs stays RQ's. Read
against RQ 3.0.
"""

# mypy: disallow-untyped-calls=False
# RQ leaves most of its methods without types.

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError, WatchError
from rq import SimpleWorker
from rq.callbacks import execute_failure_callback
from rq.exceptions import DequeueTimeout
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.utils import import_attribute, now

from jobs.connection import READ_TIMEOUT_S
from jobs.observability import tracing as trace
from jobs.observability.logs import about
from jobs.rq_adapter.queue import JOB_TIMEOUT_S, RENDER_TASK, VERIFY_TASK, render_queue
from worker.delivery.rest_client import DiscordUnavailable
from worker.queue.circuit_breaker import Health
from worker.queue.lease import Lease, hard_end
from worker.queue.redis_outage import Outage, back_off_s
from worker.render.tasks import BadRequest

_log = logging.getLogger(__name__)

MAINTENANCE_LOCK_S: Final = 60
"""RQ holds this lock for 15 min; a worker killed while it cleans would stop all recovery for as long."""
POSTPONED_EVERY_S: Final = 0.9
"""How often postponed jobs are looked for; they wait for 10 s at least."""
EXIT_BROKEN: Final = 71


class RenderJob(Job):
    """A job that may call our task and our callback and nothing else.

    RQ imports whatever function a job names, so whoever can write to Redis could run any code here.
    """

    tasks: Mapping[str, str] = {
        RENDER_TASK: "worker.render.tasks.render",
        VERIFY_TASK: "worker.weights.verification.check",
    }
    """Where the function of each task stands; the names of tasks are older than that, and stay."""

    @property
    def func(self) -> Any:
        """The function to call. Raises BadRequest if it is none of ours."""
        place = self.tasks.get(self.func_name or "")
        if place is None:
            self.retries_left = 0
            raise BadRequest("the job names a function that is no task of ours")
        return import_attribute(place)

    @property
    def failure_callback(self) -> Any:
        """Always ours, whatever the job says."""
        return import_attribute("worker.render.tasks.tell_failure")

    @property
    def success_callback(self) -> None:
        """None, whatever the job says."""
        return None


class GlyphWorker(SimpleWorker):
    """One process, one queue, one job at a time. Needs Redis to be there when it is made.

    `is_lost` is asked after a job that raised: a process whose device is gone must end, for nothing else helps.
    """

    lease_s = 30
    """A job whose worker is gone is free for another after this many seconds."""
    renew_s = 10.0
    hard_grace_s = 10.0
    """Seconds past a job's timeout after which a process that still runs it is ended."""
    maintenance_s = 15
    job_class = RenderJob

    def __init__(
        self, redis: Redis, *, name: str, outage: Outage, health: Health, is_lost: Callable[[], bool]
    ) -> None:
        queue = render_queue(redis, self.job_class)
        self.outage = outage
        self.health = health
        self._is_lost = is_lost
        self._exit_code = 0
        self.jobs_done = 0
        self.came_round_at = time.monotonic()
        self._turn = threading.Lock()
        self._held = self._at_rest = False
        self._registered = False
        self._beat_at = self._looked_at = 0.0
        super().__init__(
            [queue],
            name=name,
            connection=redis,
            serializer=JSONSerializer,
            worker_ttl=30,
            maintenance_interval=self.maintenance_s,
            log_job_description=False,
        )

    # --- the loop ---------------------------------------------------------------------------------------

    def serve(self) -> int:
        """Work until SIGTERM or SIGINT; a job in hand is finished, no other is taken. The exit code.

        A second signal a second later hands the job in hand back to the queue and ends. A lost Redis is
        waited for, however long it takes.
        """
        self._install_signal_handlers()
        failures = 0
        while not self._stop_requested:
            self.came_round_at = time.monotonic()
            try:
                self._step()
                failures = 0
                self.outage.up()
            except RedisError as error:
                self.outage.down(error)
                self._registered = False
                failures += 1
                self._pause(back_off_s(failures))
            except Exception as error:
                _log.exception("queue error=%s", type(error).__name__)
                self._put_aside(error)
                failures += 1
                self._pause(back_off_s(failures))
        _log.info("worker stopping name=%s jobs_done=%d", self.name, self.jobs_done)
        if not self.outage.lasting:  # else there is nobody to tell, and the record ends by itself
            try:
                self.register_death()
            except RedisError as error:
                self.outage.down(error)
        return self._exit_code

    @property
    def stopping(self) -> bool:
        """Whether a signal has asked this worker to end."""
        return self._stop_requested

    @property
    def held(self) -> bool:
        """Whether this worker is kept from taking jobs."""
        return self._held

    def hold(self, wait_s: float = 0.5) -> bool:
        """From another thread: take no job until `release`. Whether none is in hand now; if not, ask again."""
        self._held = True
        self._at_rest = self._at_rest or self._turn.acquire(timeout=wait_s)
        return self._at_rest

    def release(self) -> None:
        """Take jobs again."""
        self._held = False
        if self._at_rest:
            self._at_rest = False
            self._turn.release()

    def break_off(self) -> None:
        """From another thread: end this process as broken, so that a fresh one takes its place."""
        self._exit_code, self._stop_requested = EXIT_BROKEN, True

    @property
    def dequeue_timeout(self) -> int:
        """Seconds of one blocking pop, and so the longest an idle worker takes to see a signal."""
        return 1

    @property
    def connection_timeout(self) -> int:
        """RQ would raise the connection's read timeout to this, 10 s past the pop's."""
        return READ_TIMEOUT_S

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """The signal's handler only notes the wish: raising from here could lose a job just popped."""
        self._shutdown_requested_date = now()
        self._stop_requested = True
        signal.signal(signal.SIGINT, self.request_force_stop)
        signal.signal(signal.SIGTERM, self.request_force_stop)

    def _step(self) -> None:
        if not self._registered:
            self.connection.delete(self.key)
            self.register_birth()
            self.set_state("idle")
            self._registered = True
        if time.monotonic() - self._beat_at > self.renew_s:
            self.heartbeat()
            self._beat_at = time.monotonic()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()
        if time.monotonic() - self._looked_at > POSTPONED_EVERY_S:
            self._enqueue_due()
            self._looked_at = time.monotonic()
        if self._held:
            self._pause(0.1)
            return
        if self.health.degraded:
            with hard_end(JOB_TIMEOUT_S):
                self.health.recover()
            self._pause(1)
            return
        with self._turn:
            if self.held:  # since a moment ago
                return
            try:
                found = self.queue_class.dequeue_any(
                    self.queues,
                    self.dequeue_timeout,
                    connection=self.connection,
                    job_class=self.job_class,
                    serializer=self.serializer,
                    death_penalty_class=self.death_penalty_class,
                )
            except DequeueTimeout:
                return
            if found is not None:
                self.execute_job(*found)

    def _enqueue_due(self) -> None:
        """Put postponed jobs whose time has come back on the queue; RQ's scheduler would fork for this."""
        (queue,) = self.queues
        registry = queue.scheduled_job_registry
        if not registry.get_jobs_to_schedule():
            return
        with self.connection.pipeline() as pipe, suppress(WatchError):  # another worker was faster
            pipe.watch(registry.key)
            due = registry.get_jobs_to_schedule()
            jobs = self.job_class.fetch_many(due, connection=self.connection, serializer=self.serializer)
            pipe.multi()
            for job_id, job in zip(due, jobs, strict=True):
                if job is not None:  # at the front: it has had its turn among the servers
                    queue._enqueue_job(job, pipeline=pipe, at_front=True)
                registry.remove(job_id, pipeline=pipe)
            pipe.execute()

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stop_requested and time.monotonic() < until:
            time.sleep(0.1)

    def _put_aside(self, error: Exception) -> None:
        """Drop a record that is no job from the pop's side list, or every maintenance pass would trip on it."""
        job_id, queue = getattr(error, "job_id", None), getattr(error, "queue", None)
        if isinstance(job_id, str) and isinstance(queue, Queue):
            try:
                queue.intermediate_queue.remove(job_id)
            except RedisError as lost:
                self.outage.down(lost)

    # --- one job ----------------------------------------------------------------------------------------

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run one job in this process, with its lease renewed and a hard end if it hangs."""
        execution = self.prepare_execution(job)
        timeout = float(job.timeout or JOB_TIMEOUT_S)
        lease = Lease(
            self._renewal(job, execution), every_s=self.renew_s, hard_s=timeout + self.hard_grace_s, job_id=job.id
        )
        try:
            since = job.enqueued_at.timestamp() if job.enqueued_at else None
            with lease, about(job.id), trace.job(job.id, since):
                succeeded = self.perform_job(job, queue, execution)
        except RedisError:
            _log.warning("job interrupted id=%s; it runs again once its lease is over", job.id)
            raise
        finally:
            self.executions.pop(execution.id, None)
            self.jobs_done += 1
        self.set_state("idle")
        if succeeded:
            return
        with hard_end(JOB_TIMEOUT_S):
            lost = self._is_lost()
        if lost:
            _log.critical("worker broken name=%s; ending, so that a fresh one can take over", self.name)
            self.break_off()

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds that a lease lasts; RQ's own is the job's timeout and a minute."""
        return self.lease_s

    def _renewal(self, job: Job, execution: Execution) -> Callable[[], None]:
        def renew() -> None:
            try:
                self.maintain_heartbeats(job, execution)
                self.outage.up()
            except RedisError as error:
                self.outage.down(error)

        return renew

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log a failed try in one line; a traceback only where one was not expected."""
        kind, error, _ = exc_info
        expected = isinstance(error, (DiscordUnavailable, BadRequest, RedisError))
        _log.error(
            "job raised id=%s retries_left=%s error=%s reason=%r",
            job.id,
            job.retries_left or 0,
            kind.__name__,
            str(error)[:200],
            exc_info=None if expected else exc_info,
        )
        if not expected:
            self.health.failed(job.id, kind.__name__)

    # --- maintenance ------------------------------------------------------------------------------------

    def clean_registries(self) -> None:
        """RQ's recovery of abandoned jobs, with a lock that outlives a killed holder by a minute at most."""
        for queue in self.queues:
            self.connection.expire(queue.registry_cleaning_key, MAINTENANCE_LOCK_S, lt=True)
        super().clean_registries()

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """As RQ's; and where RQ forgets the callback (a job stuck between pop and start), call it."""
        if execution is None:
            execute_failure_callback(job, self.death_penalty_class, None, None, None)
        super().handle_job_failure(job, queue, started_job_registry, exc_string, execution)


def unique_name() -> str:
    """Host, process and chance: RQ refuses the name of a killed worker for a minute and a half."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
