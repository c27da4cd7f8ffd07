"""A job's lease: renewed while its worker lives, ended with one that hangs; and jobs of those that were killed."""

import subprocess
import sys
import time
from typing import Any

import pytest
from redis import Redis
from rq import Retry, get_current_job
from rq.job import Job

from jobs.rq_adapter.job import RenderJob, Task, only
from jobs.rq_adapter.queue import STUCK_S, enqueue, render_queue
from jobs.rq_adapter.worker import RQWorker
from tests.jobs.requests import a_request
from tests.worker.processes import REPOSITORY, until
from worker.queue.circuit_breaker import CircuitBreaker
from worker.queue.lease import EXIT_HUNG
from worker.queue.redis_outage import Outage
from worker.queue.work_loop import WorkLoop

LEASE_S = 3
"""Not less: RQ counts whole seconds."""


def a_worker(redis: Redis, name: str) -> RQWorker:
    return RQWorker(redis, name, RenderJob, lambda job, error: None)


def a_loop(redis: Redis, name: str, **tasks: Task) -> WorkLoop:
    return WorkLoop(
        redis,
        name=name,
        kind=only(tasks, RenderJob.tell_failure),
        outage=Outage(),
        breaker=CircuitBreaker(lambda: True),
        is_lost=lambda: False,
        cancel=lambda job_id: None,
    )


def a_long_job(payload: dict[str, Any]) -> None:
    """Works until its lease has been renewed past its first end; then another worker looks for abandoned jobs."""
    job = get_current_job()
    assert job is not None
    started = render_queue(job.connection).started_job_registry

    def ends_at() -> float:
        found: list[Any] = job.connection.zrange(started.key, 0, -1, withscores=True)
        ((_, score),) = found
        return float(score)

    first = ends_at()
    until(lambda: ends_at() > first + LEASE_S, "the lease to be renewed", 30)
    a_worker(job.connection, "other").clean_registries()


def test_a_job_that_outlasts_its_lease_stays_with_its_worker(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RQWorker, "lease_s", LEASE_S)
    monkeypatch.setattr(WorkLoop, "renew_s", 0.2)
    queue = render_queue(redis)
    queue.enqueue("a.long_job", {}, job_id="long", retry=Retry(max=2))
    a_loop(redis, "one", **{"a.long_job": a_long_job}).step()
    job = queue.fetch_job("long")
    assert job is not None and (job.get_status(), job.retries_left) == ("finished", 2)
    assert not queue.job_ids


def test_a_worker_that_hangs_ends_although_redis_hangs_too() -> None:
    code = (
        "import time; from worker.queue import lease; from worker.queue.lease import Lease\n"
        "lease._GIL_GRACE_S = 60\n"  # which is for a thread that cannot run at all
        "with Lease(lambda: time.sleep(999), every_s=0.01, hard_s=0.2, job_id='7'): time.sleep(999)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == EXIT_HUNG
    assert "job hangs id=7" in done.stderr


def test_a_job_whose_worker_was_killed_between_pop_and_start_is_found_soon(redis: Redis) -> None:
    enqueue(redis, a_request(job_id="popped"))
    queue = render_queue(redis)
    redis.lmove(queue.key, queue.intermediate_queue_key)
    other = a_worker(redis, "other")

    def found(seen_s_ago: float) -> bool:
        seen = queue.intermediate_queue.get_first_seen_key("popped")
        redis.set(seen, time.time() - seen_s_ago)
        other.clean_registries()
        return queue.job_ids == ["popped"]

    other.clean_registries()
    assert not queue.job_ids, "its worker may be about to start it"
    assert not found(STUCK_S / 2)
    assert found(STUCK_S + 1)
    assert not redis.exists(queue.intermediate_queue_key)
    job = Job.fetch("popped", connection=redis, serializer=queue.serializer)
    assert job.retries_left == 1
