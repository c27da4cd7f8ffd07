"""RQ's own commands on real workers: suspend and resume, stop a job, shut down; and a plain `rq worker`."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from redis import Redis
from rq.command import send_kill_horse_command, send_shutdown_command, send_stop_job_command

from devstack.valkey import free_port
from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from jobs.registry.fleet import Fleet
from jobs.rq_adapter.queue import QUEUE_NAME, RETRIES, enqueue, render_queue
from jobs.rq_adapter.worker import KEEP_OUT
from tests.models.animations import saved
from tests.worker.processes import PATIENCE_S, Start, ended, until
from tests.worker.samples import photo, request_for
from tests.worker.standin import Standin


@pytest.fixture
def sha(pictures: PictureStore) -> str:
    return pictures.put(photo())


Line = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def rq(redis_url: str) -> Line:
    """RQ's own command line."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "rq.cli", *command, "--url", redis_url]
        return subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    return run


def states(redis: Redis) -> list[str]:
    return [report.state for report in Fleet(redis).alive()]


def test_suspended_workers_take_nothing_until_they_are_resumed(
    start: Start, redis: Redis, rq: Line, sha: str, jobs: Jobs
) -> None:
    port = free_port()
    worker = start("tests.worker.nervous", WORKER_HTTP_PORT=str(port))
    worker.wait_for("worker ready")
    assert rq("suspend").returncode == 0
    worker.wait_for("worker suspended; taking no jobs until `rq resume`")
    until(lambda: states(redis) == ["suspended"], "its report to say so")
    with pytest.raises(urllib.error.HTTPError) as unready:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE_S)
    assert unready.value.code == 503 and b"suspended" in unready.value.read()
    assert Fleet(redis).serving() == []

    enqueue(redis, request_for(sha))
    (report,) = Fleet(redis).alive()
    beats = {redis.hget(f"rq:worker:{report.name}", "last_heartbeat")}

    def beaten() -> bool:
        beats.add(redis.hget(f"rq:worker:{report.name}", "last_heartbeat"))
        return len(beats) > 2

    until(beaten, "two more rounds of its loop")
    assert render_queue(redis).job_ids == ["1000"]
    shown = rq("info", "--raw").stdout
    assert f"queue {QUEUE_NAME} 1, 0 executing" in shown
    assert report.name in shown and "suspended" in shown

    assert rq("resume").returncode == 0
    assert ended(jobs) == "posted"
    worker.wait_for("worker resumed; taking jobs")
    until(lambda: states(redis) == ["idle"], "its report to say so")


def test_a_job_is_stopped_between_its_stages_and_a_worker_after_its_job(
    start: Start, redis: Redis, pictures: PictureStore, jobs: Jobs, standin: Standin
) -> None:
    worker = start()
    worker.wait_for("worker ready")
    rng = np.random.default_rng(1)
    frames = [Image.fromarray(rng.integers(0, 255, (120, 160), np.uint8)) for _ in range(150)]
    moving = pictures.put(saved(frames, "GIF", duration=50))
    (report,) = Fleet(redis).alive()
    until(lambda: redis.pubsub_numsub(f"rq:pubsub:{report.name}")[0][1], "the worker to listen for commands")
    enqueue(redis, request_for(moving, animate=True))
    job: Any = render_queue(redis).fetch_job("1000")
    until(lambda: job.get_status() == "started", "the worker to begin")
    send_kill_horse_command(redis, report.name)
    send_stop_job_command(redis, "1000")
    worker.wait_for("job cancelled by an operator id=1000")
    until(lambda: jobs.reason_of("1000") is not None, "the reason, which a bot is to say")
    assert "kill-horse ignored" in worker.log
    assert standin.seen == [], "what a worker leaves to a bot it does not touch"

    def refused() -> bool:
        send_stop_job_command(redis, "1000")
        return "not working on job id=1000" in worker.log

    until(refused, "the worker to be done with the job, whose reason was written a moment before")
    redis.publish(f"rq:pubsub:{report.name}", "no command")
    worker.wait_for("unreadable command")

    standin.open.clear()
    enqueue(redis, request_for(pictures.put(photo()), job_id="1001"))
    assert standin.arrived.wait(PATIENCE_S)
    send_shutdown_command(redis, report.name)
    until(lambda: states(redis) == ["stopping"], "its report to say so")
    standin.open.set()
    assert worker.process.wait(PATIENCE_S) == 0
    assert ended(jobs, "1001") == "posted"


def test_rqs_own_worker_takes_none_of_our_jobs(start: Start, redis: Redis, rq: Line, sha: str) -> None:
    ours = start()
    ours.wait_for("worker ready")
    until(lambda: redis.get(f"rq:queue:{QUEUE_NAME}:intermediate") == KEEP_OUT.encode(), "the worker to register")
    assert ours.end() == 0, "also while none of ours is there"
    enqueue(redis, request_for(sha))
    for options in (["--burst"], ["--burst", "--serializer", "json"], []):
        redis.delete(render_queue(redis).registry_cleaning_key)
        for _ in range(2):  # the first finds out in its maintenance, and leaves the lock; the second at the queue
            theirs = rq("worker", QUEUE_NAME, *options)
            assert "WRONGTYPE" in theirs.stdout + theirs.stderr, options
        job: Any = render_queue(redis).fetch_job("1000")
        assert (job.get_status(), job.retries_left) == ("queued", RETRIES)
        assert render_queue(redis).job_ids == ["1000"]
    start().wait_for("job done id=1000 outcome=posted")


def test_what_a_worker_of_an_older_version_has_popped_is_given_back_first(
    start: Start, redis: Redis, sha: str, jobs: Jobs
) -> None:
    enqueue(redis, request_for(sha))
    queue = render_queue(redis)
    old = f"{queue.key}:intermediate"
    redis.lmove(queue.key, old)
    redis.set(f"{old}:first_seen:1000", 1)
    start("tests.worker.nervous")
    assert ended(jobs) == "posted"
    until(lambda: redis.type(old) == b"string", "RQ's own workers to be kept out")
