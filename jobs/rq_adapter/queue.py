"""The one RQ queue: names, settings, the way in, and how a job on it stands.

Numbers follow what was measured on RQ 3.0: JSON instead of pickle (whoever can write to Redis must not be
able to run code), `unique` so that a repeated interaction is one job, and `Retry` because without it a job
whose worker is killed simply fails.

RQ's own ways of counting are not used: they clean up first, and so run the callbacks of abandoned jobs in whatever
process asks. Nor is its deletion, which loads a job's arguments: a job that cannot be read must go all the same.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from redis import Redis
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from jobs.observability import tracing as trace
from jobs.rq_adapter.clock import now
from jobs.rq_adapter.fair_order import place
from jobs.schema import RenderRequest

QUEUE_NAME: Final = "glyphcord"
QUEUE_KEY: Final = Queue.redis_queue_namespace_prefix + QUEUE_NAME
"""The list of the ids of jobs that wait, the next one first."""
UNFINISHED: Final = frozenset({"created", "deferred", "queued", "scheduled", "started"})
"""RQ's states of a job that may still be drawn."""
STARTED: Final = "started"
LOST: Final = frozenset({"failed", "stopped", "canceled"})
"""RQ's states of a job that ended without a result."""
# The names of tasks on the wire. They are older than the modules that have the functions now, and stay: during an
# update workers meet jobs of the version before.
RENDER_TASK: Final = "worker.tasks.render"
VERIFY_TASK: Final = "worker.checking.check"
NO_ARGUMENTS: Final = zlib.compress(json.dumps([RENDER_TASK, None, [], {}]).encode())
"""What stands in RQ's record of a job whose end its user knows, instead of what its task was given."""
JOB_TIMEOUT_S: Final = 30
EACH_S: Final = 10
"""How much longer a job may take for each picture beyond the first."""
RETRIES: Final = 2
RESULT_TTL_S: Final = 3600
FAILURE_TTL_S: Final = 7 * 24 * 3600
STUCK_S: Final = 10
"""From a job's pop to its start a worker needs milliseconds; one that was killed in between has left it there. RQ
would wait a minute, and a round of maintenance before and after."""


def readable(entry: bytes | str) -> str:
    """An entry of one of RQ's lists, which should be an id."""
    return entry.decode("ascii", "backslashreplace") if isinstance(entry, bytes) else entry


class TakenJobs(IntermediateQueue):
    """The jobs between pop and start, on a list that RQ's own workers do not know.

    One that is given to another worker too early is drawn twice, which does no harm.
    """

    @classmethod
    def get_intermediate_queue_key(cls, queue_key: str) -> str:
        """The list's key."""
        return f"{queue_key}:taken"

    def get_job_ids(self) -> list[str]:
        """Ids of the jobs."""
        return [readable(entry) for entry in self.connection.lrange(self.key, 0, -1)]

    def should_be_cleaned_up(self, job_id: str) -> bool:
        """Whether a round of maintenance has seen the job here STUCK_S seconds ago or earlier."""
        seen = self.get_first_seen(job_id)
        return seen is not None and (now() - seen).total_seconds() > STUCK_S


class Leases(StartedJobRegistry):
    """The jobs that workers have in hand, with the ends of their leases."""

    @staticmethod
    def parse_job_id(entry: bytes | str) -> str:
        """The job's id, of whatever was put there: what cannot be read is no job's, and stops nobody."""
        return readable(entry).partition(":")[0]

    def get_queue(self) -> "RenderQueue":
        """The queue that abandoned jobs go back to."""
        return RenderQueue(
            self.name, connection=self.connection, serializer=self.serializer, job_class=self.job_class
        )


class RenderQueue(Queue):
    """The queue as bot and workers see it."""

    @property
    def started_job_registry(self) -> Leases:
        """The jobs that workers have in hand."""
        return Leases(queue=self, job_class=self.job_class, serializer=self.serializer)

    def move_dependents_to_ready(
        self, job: Job, pipeline: Any = None, exclude_job_id: str | None = None, refresh_job_status: bool = True
    ) -> dict[str, list[str]]:
        """Nothing: no job of ours waits for another one, whatever Redis says."""
        return {}

    @property
    def intermediate_queue_key(self) -> str:
        """The list of the jobs between pop and start."""
        return TakenJobs.get_intermediate_queue_key(self.key)

    @property
    def intermediate_queue(self) -> TakenJobs:
        """The jobs between pop and start."""
        return TakenJobs(self.key, connection=self.connection)


def render_queue(redis: Redis, job_class: type[Job] = Job) -> RenderQueue:
    """RQ's object for the queue, whose jobs are of `job_class`."""
    return RenderQueue(
        QUEUE_NAME, connection=redis, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_S, job_class=job_class
    )


# --- the way in ---------------------------------------------------------------------------------------------------


def enqueue(redis: Redis, request: RenderRequest) -> bool:
    """Put one request on the queue, at its server's turn; False if a job of that id is there already.

    Raises redis ConnectionError or TimeoutError when Redis cannot be reached.
    """
    queue = render_queue(redis)
    try:
        queue.enqueue(
            RENDER_TASK,
            request.model_dump(mode="json"),
            job_id=request.job_id,
            unique=True,
            # RQ would otherwise log the arguments, and with them the interaction token.
            description=f"render {request.job_id}",
            # At the front: one whose worker was killed has had its turn.
            retry=Retry(max=RETRIES, enqueue_at_front=True),
            result_ttl=RESULT_TTL_S,
            failure_ttl=FAILURE_TTL_S,
            job_timeout=timeout_s(request.parts),
        )
    except DuplicateJobError:
        return False
    place(redis, queue.key, request.job_id, lane=request.guild_id or f"user:{request.user_id}")
    trace.requested(request.job_id, request.created_at)
    return True


def timeout_s(pictures: int) -> int:
    """Seconds that a job of so many pictures may take."""
    return JOB_TIMEOUT_S + EACH_S * (pictures - 1)


def enqueue_first(
    redis: Redis, task: str, payload: Mapping[str, Any], *, job_id: str, description: str, keep_s: int
) -> None:
    """Put a job before all that wait; it is not tried again, and its record stays for `keep_s` seconds."""
    render_queue(redis).enqueue(
        task, payload, job_id=job_id, description=description, at_front=True, result_ttl=keep_s, failure_ttl=keep_s
    )


# --- one job ------------------------------------------------------------------------------------------------------


def job_key(job_id: str) -> str:
    """The key of RQ's record of a job."""
    return Job.key_for(job_id)


def ask_standing(pipe: Any, job_id: str) -> None:
    """Add to a pipeline the two questions whose answers `as_standing` reads."""
    pipe.hmget(job_key(job_id), "status", "worker_name")
    pipe.lpos(QUEUE_KEY, job_id)


def as_standing(known: Sequence[object], position: int | None) -> tuple[str | None, str | None, int | None]:
    """RQ's word on a job ("queued", "started", …; None if it knows none), the worker that has begun it, if one has,
    and how many wait before it."""
    status, worker = (one.decode(errors="replace") if isinstance(one, bytes) else None for one in known)
    # RQ writes an empty name for nobody.
    return status, (worker or None) if status == STARTED else None, position


def states(redis: Redis, job_ids: list[str]) -> list[str | None]:
    """RQ's word on each job ("queued", "started", "failed", …); None for one that it does not know."""
    pipe = redis.pipeline(transaction=False)
    for job_id in job_ids:
        pipe.hget(job_key(job_id), "status")
    found = pipe.execute() if job_ids else []
    return [status.decode(errors="replace") if isinstance(status, bytes) else None for status in found]


def forget(redis: Redis, job_ids: list[str]) -> None:
    """Delete RQ's own records of jobs that are over: they hold who asked, some of them for FAILURE_TTL_S."""
    over = [
        job_id for job_id, state in zip(job_ids, states(redis, job_ids), strict=True) if state not in UNFINISHED
    ]
    if over:
        queue = render_queue(redis)
        pipe = redis.pipeline()
        pipe.delete(*(job_key(job_id) for job_id in over))
        for registry in (queue.finished_job_registry, queue.failed_job_registry):
            pipe.zrem(registry.key, *over)
        pipe.execute()


def withdraw(redis: Redis, job_id: str) -> None:
    """Take a waiting job off the queue. One that a worker has taken stays: its record keeps it from writing."""
    pipe = redis.pipeline()
    pipe.lrem(QUEUE_KEY, 0, job_id)
    pipe.zrem(render_queue(redis).scheduled_job_registry.key, job_id)
    off_queue, off_schedule = pipe.execute()
    if off_queue or off_schedule:
        redis.delete(job_key(job_id))


# --- all jobs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """Jobs by state; `postponed` wait for Discord. `oldest_s`: how long the next in line has waited."""

    waiting: int
    started: int
    postponed: int
    failed: int
    oldest_s: float


def length(redis: Redis) -> int:
    """How many jobs wait on the queue."""
    return int(redis.llen(QUEUE_KEY))


def counts(redis: Redis) -> Counts:
    """How many jobs there are in which state."""
    queue = render_queue(redis)
    pipe = redis.pipeline(transaction=False)
    pipe.llen(QUEUE_KEY)
    for registry in (queue.started_job_registry, queue.scheduled_job_registry, queue.failed_job_registry):
        pipe.zcard(registry.key)
    pipe.lindex(QUEUE_KEY, 0)
    waiting, started, postponed, failed, first = pipe.execute()
    since = redis.hget(job_key(first.decode(errors="replace")), "enqueued_at") if first is not None else None
    return Counts(waiting, started, postponed, failed, _age_s(since))


def _age_s(since: object) -> float:
    try:
        at = datetime.fromisoformat(since.decode()) if isinstance(since, bytes) else None
    except ValueError:
        at = None
    if at is None:
        return 0.0
    return max(0.0, (now() - at.replace(tzinfo=at.tzinfo or UTC)).total_seconds())
