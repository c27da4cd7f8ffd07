"""The queue against a real server: one job an id, settings, nothing secret where RQ logs."""

import json
import zlib

import pytest
from redis import Redis

from jobs.connection import REDIS_DOWN, connect
from jobs.rq_adapter.queue import JOB_TIMEOUT_S, RENDER_TASK, RETRIES, enqueue, render_queue
from jobs.schema import RenderRequest
from tests.jobs.requests import a_request


def test_a_job_carries_the_whole_request_as_json(redis: Redis) -> None:
    request = a_request()
    assert enqueue(redis, request)
    (job,) = render_queue(redis).jobs
    assert job.id == "40"
    assert job.func_name == RENDER_TASK
    assert RenderRequest.model_validate(job.args[0]) == request
    assert job.retries_left == RETRIES
    assert job.timeout == JOB_TIMEOUT_S
    stored = redis.hget(f"rq:job:{job.id}", "data")
    assert isinstance(stored, bytes)
    json.loads(zlib.decompress(stored))


def test_the_same_id_is_one_job_and_the_first_stays(redis: Redis) -> None:
    assert enqueue(redis, a_request(palette="blue"))
    assert not enqueue(redis, a_request(palette="pink"))
    (job,) = render_queue(redis).jobs
    assert job.args[0]["options"]["palette"] == "blue"


def test_the_token_is_not_in_what_rq_logs(redis: Redis) -> None:
    enqueue(redis, a_request())
    (job,) = render_queue(redis).jobs
    assert job.description == "render 40"
    assert "the-interaction-token" not in str(job)


def test_without_redis_the_bots_client_raises_what_it_promises() -> None:
    redis = connect("redis://127.0.0.1:1/0")
    with pytest.raises(REDIS_DOWN):
        enqueue(redis, a_request())
