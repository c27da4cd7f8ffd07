"""One worker as RQ knows it: registered, suspended, taking jobs, running them under a lease, looking after others'.

RQ's own loop is not used: it ends the process on a lost Redis, and stops an idle worker by raising out of a
blocking pop, where the job just popped is lost for a minute. Everything about jobs stays RQ's.
"""

# mypy: disallow-untyped-calls=False
# RQ leaves most of its methods without types.

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError, WatchError
from rq import SimpleWorker
from rq.callbacks import execute_failure_callback
from rq.exceptions import NoSuchJobError
from rq.executions import Execution
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.suspension import is_suspended
from rq.worker_registration import clean_worker_registry

from jobs.connection import READ_TIMEOUT_S
from jobs.rq_adapter.clock import now
from jobs.rq_adapter.job import RenderJob
from jobs.rq_adapter.queue import readable, render_queue

MAINTENANCE_LOCK_S: Final = 60
"""RQ holds this lock for 15 min; a worker killed while it cleans would stop all recovery for as long."""
POSTPONED_EVERY_S: Final = 0.9
"""How often postponed jobs are looked for; they wait for 10 s at least."""

MOST_DUE: Final = 1000
"""Postponed jobs put back at one time."""

KEEP_OUT: Final = "Jobs of this queue are for `python -m worker`. Any other RQ worker fails here, and takes none."

OnError = Callable[[Job, BaseException], None]


class RQWorker(SimpleWorker):
    """One process, one queue, one job at a time. Needs Redis to be there when it is made.

    RQ's SimpleWorker runs jobs without forking, which a warm model on a GPU needs; it renews no lease meanwhile, so
    somebody must call `renew`. `on_error` hears of each try that raised.
    """

    lease_s = 30
    """A job whose worker is gone is free for another after this many seconds."""
    maintenance_s = 15

    def __init__(self, redis: Redis, name: str, kind: type[RenderJob], on_error: OnError) -> None:
        self.job_class = kind
        self._queue = render_queue(redis, kind)
        self._on_error = on_error
        self._looked_at = 0.0
        super().__init__(
            [self._queue],
            name=name,
            connection=redis,
            serializer=JSONSerializer,
            worker_ttl=30,
            maintenance_interval=self.maintenance_s,
            log_job_description=False,
        )

    @property
    def connection_timeout(self) -> int:
        """RQ would raise the connection's read timeout to this, 10 s past a pop's."""
        return READ_TIMEOUT_S

    # --- what others see of it --------------------------------------------------------------------------

    def register(self) -> None:
        """Appear on RQ's list of workers; again, after an outage."""
        self.connection.delete(self.key)
        self.register_birth()
        self.set_state("idle")
        self._keep_plain_workers_out()

    def unregister(self) -> None:
        """Leave the list."""
        self.register_death()

    @property
    def is_suspended(self) -> bool:
        """Whether somebody has said `rq suspend` and not `rq resume`."""
        return bool(is_suspended(self.connection))

    # --- one job ----------------------------------------------------------------------------------------

    def take(self, wait_s: int) -> Any:
        """The next job; None if none comes within `wait_s` seconds. Raises if a record is no job."""
        taken = self._queue.intermediate_queue
        job_id: Any = self.connection.blmove(self._queue.key, taken.key, wait_s)
        if job_id is None:
            return None
        try:
            return self.job_class.fetch(readable(job_id), connection=self.connection, serializer=self.serializer)
        except RedisError:
            raise
        except Exception as error:
            taken.remove(job_id)  # or every maintenance pass would trip on it
            if isinstance(error, NoSuchJobError):
                return None
            raise

    def begin(self, job: RenderJob) -> Execution:
        """Start a job's lease."""
        return self.prepare_execution(job)

    def renew(self, job: RenderJob, execution: Execution) -> None:
        """Make the lease, and this worker's record, last longer."""
        self.maintain_heartbeats(job, execution)

    def perform(self, job: RenderJob, execution: Execution) -> bool:
        """Run a job's task and record how that went; whether it went well. Raises redis errors."""
        try:
            return bool(self.perform_job(job, self._queue, execution))
        finally:
            self.executions.pop(execution.id, None)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds that a lease lasts; RQ's own is the job's timeout and a minute."""
        return self.lease_s

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        """As RQ's, with a list of our own for jobs between pop and start."""
        with self.connection.pipeline() as pipe:
            self.heartbeat(self.lease_s, pipeline=pipe)
            job.heartbeat(now(), self.lease_s, pipeline=pipe)
            job.prepare_for_execution(self.name, pipeline=pipe)
            pipe.persist(job.key)
            pipe.lrem(self._queue.intermediate_queue_key, 1, job.id)
            pipe.execute()

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """RQ's way to say that a try has raised."""
        self._on_error(job, exc_info[1])

    # --- everybody's jobs -------------------------------------------------------------------------------

    def look_after(self) -> None:
        """Give back to the queue what dead workers have left and what was postponed until now, when that is due."""
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()
        if time.monotonic() - self._looked_at > POSTPONED_EVERY_S:
            self._enqueue_due()
            self._looked_at = time.monotonic()

    def clean_registries(self) -> None:
        """RQ's recovery of abandoned jobs, with a lock that outlives a killed holder by a minute at most.

        Of the registries that we have: what waits for other jobs, or for its turn in a rate limit, is none of ours.
        """
        queue, lock = self._queue, self._queue.registry_cleaning_key
        self.connection.expire(lock, MAINTENANCE_LOCK_S, lt=True)
        if self.connection.set(lock, 1, nx=True, ex=MAINTENANCE_LOCK_S):
            for registry in (queue.finished_job_registry, queue.started_job_registry, queue.failed_job_registry):
                registry.cleanup()
            clean_worker_registry(queue)
            queue.intermediate_queue.cleanup(self, queue)
            self.connection.delete(lock)
        self.last_cleaned_at = now()  # type: ignore[assignment]  # RQ says that it is None
        self._keep_plain_workers_out()

    def clean_group_registries(self) -> None:
        """Nothing: our jobs are in no groups."""

    def _keep_plain_workers_out(self) -> None:
        """Put a text where RQ's own workers move a job to when they pop it, so that they fail before they take it.

        They can do nothing with our jobs, and each failure would cost a job one of its tries. (One that listens on
        several queues pops otherwise; it fails at its first maintenance, before that.) What else RQ has
        (`rq info`, `suspend`, `requeue`, dashboards) looks elsewhere and works on. A worker of a version that used
        that list itself fails likewise; what such workers have popped and not begun is given back first.
        """
        usual = IntermediateQueue(self._queue.key, self.connection)
        placed = self.connection.set(usual.key, KEEP_OUT, nx=True)
        if not placed and self.connection.type(usual.key) == b"list":
            usual.cleanup(self, self._queue)

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

    def _enqueue_due(self) -> None:
        """Put postponed jobs whose time has come back on the queue; RQ's scheduler would fork for this."""
        queue, registry = self._queue, self._queue.scheduled_job_registry
        if not self._due(registry.key):
            return
        with self.connection.pipeline() as pipe, suppress(WatchError):  # another worker was faster
            pipe.watch(registry.key)
            due = self._due(registry.key)
            ids = [readable(entry) for entry in due]
            jobs = self.job_class.fetch_many(ids, connection=self.connection, serializer=self.serializer)
            pipe.multi()
            for entry, job in zip(due, jobs, strict=True):
                if job is not None:  # at the front: it has had its turn among the servers
                    queue._enqueue_job(job, pipeline=pipe, at_front=True)
                pipe.zrem(registry.key, entry)
            pipe.execute()

    def _due(self, scheduled: str) -> list[bytes]:
        """What stands on the schedule for now or before."""
        due: Any = self.connection.zrangebyscore(scheduled, 0, now().timestamp(), start=0, num=MOST_DUE)
        return list(due)
