"""The one RQ queue: names, settings and the way in.

Numbers follow what was measured on RQ 3.0: JSON instead of pickle (whoever can write to Redis must not be
able to run code), `unique` so that a repeated interaction is one job, and `Retry` because without it a job
whose worker is killed simply fails.
"""

from typing import Final

from redis import Redis
from rq import Queue, Retry
from rq.callbacks import Callback
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from jobs.observability import tracing as trace
from jobs.queue import fair_order as fair
from jobs.schema import RenderRequest

QUEUE_NAME: Final = "glyphcord"
WAITING: Final = frozenset({"created", "deferred", "queued", "scheduled", "started"})
"""RQ's states of a job that may still be drawn."""
RENDER_TASK: Final = "worker.tasks.render"
FAILURE_TASK: Final = "worker.tasks.tell_failure"
JOB_TIMEOUT_S: Final = 30
RETRIES: Final = 2
RESULT_TTL_S: Final = 3600
FAILURE_TTL_S: Final = 7 * 24 * 3600


def render_queue(redis: Redis, kind: type[Queue] = Queue) -> Queue:
    """The queue as bot and workers see it; as a `kind` of its own to who looks after it."""
    return kind(QUEUE_NAME, connection=redis, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_S)


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
            on_failure=Callback(FAILURE_TASK),
        )
    except DuplicateJobError:
        return False
    fair.place(redis, queue.key, request.job_id, fair.lane_of(request))
    trace.ordered(request.job_id, request.created_at)
    return True


def length(redis: Redis) -> int:
    """How many jobs wait on the queue."""
    return int(redis.llen(render_queue(redis).key))


def states(redis: Redis, job_ids: list[str]) -> list[str | None]:
    """RQ's word on each job ("queued", "started", "failed", …); None for one that it does not know."""
    pipe = redis.pipeline(transaction=False)
    for job_id in job_ids:
        pipe.hget(Job.key_for(job_id), "status")
    found = pipe.execute() if job_ids else []
    return [state.decode(errors="replace") if isinstance(state, bytes) else None for state in found]


def forget(redis: Redis, job_ids: list[str]) -> None:
    """Delete RQ's own records of jobs that are over: they hold who asked, some of them for FAILURE_TTL_S."""
    over = [job_id for job_id, state in zip(job_ids, states(redis, job_ids), strict=True) if state not in WAITING]
    if over:
        queue = render_queue(redis)
        pipe = redis.pipeline()
        pipe.delete(*(Job.key_for(job_id) for job_id in over))
        for registry in (queue.finished_job_registry, queue.failed_job_registry):
            pipe.zrem(registry.key, *over)
        pipe.execute()


def withdraw(redis: Redis, job_id: str) -> None:
    """Take a waiting job off the queue. One that a worker has taken stays: the ledger keeps it from writing."""
    queue = render_queue(redis)
    # RQ's own deletion would load the arguments first, and a job that cannot be read must go all the same.
    pipe = redis.pipeline()
    pipe.lrem(queue.key, 0, job_id)
    pipe.zrem(queue.scheduled_job_registry.key, job_id)
    off_queue, off_schedule = pipe.execute()
    if off_queue or off_schedule:
        redis.delete(Job.key_for(job_id))
