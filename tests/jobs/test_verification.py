"""A check of a weights file: before the pictures, tried once, and ended also when its worker has no word."""

import json
from typing import Any

from redis import Redis
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from jobs.registry.verification import (
    Measures,
    Verification,
    enqueue_verification,
    record_verification,
    verification_of,
)
from jobs.rq_adapter.queue import VERIFY_TASK, enqueue, render_queue
from tests.jobs.requests import a_request

SHA = "a" * 64


def test_it_goes_before_pictures_and_is_not_tried_again(redis: Redis) -> None:
    enqueue(redis, a_request())
    request = enqueue_verification(redis, "mine", SHA)
    first, _ = render_queue(redis).jobs
    assert (first.func_name, first.args[0]["sha256"]) == (VERIFY_TASK, SHA)
    assert not first.retries_left
    assert verification_of(redis, request) == (None, b"")


def test_what_was_found_comes_with_its_picture(redis: Redis) -> None:
    request = enqueue_verification(redis, "mine", SHA)
    found = Verification(id=request.id, worker="w1", description="head glyphs")
    record_verification(redis, found, b"png")
    assert verification_of(redis, request) == (found, b"png")
    assert all(redis.ttl(key) > 0 for key in redis.keys("glyphcord:check:*"))


def test_what_a_worker_of_an_older_version_measured_is_not_compared(redis: Redis) -> None:
    request = enqueue_verification(redis, "mine", SHA)
    measured = Measures(model="mine", version="x", similarity=0.9, legibility=1.0, glyphs=9)
    found = Verification(id=request.id, worker="w1", description="head glyphs", measures=measured, now=measured)
    record_verification(redis, found)
    assert verification_of(redis, request)[0] == found
    (key,) = redis.keys("glyphcord:check:*")
    told = found.model_dump(mode="json")
    del told["schema_version"]
    for measures in (told["measures"], told["now"]):
        measures["fidelity"] = measures.pop("similarity")
    redis.set(key, json.dumps(told))
    older, _ = verification_of(redis, request)
    assert older is not None and older.measures is older.now is None
    assert "an older worker" in older.error and not older.refused
    refusal: dict[str, Any] = {"id": request.id, "worker": "w1", "error": "it has no atlas", "refused": True}
    redis.set(key, json.dumps(refusal))
    assert verification_of(redis, request)[0] == Verification(**refusal)


def test_a_file_that_ended_its_worker_is_told_as_one(redis: Redis) -> None:
    request = enqueue_verification(redis, "mine", SHA)
    job = Job.fetch(f"check-{request.id}", connection=redis, serializer=JSONSerializer)
    job.set_status(JobStatus.FAILED)
    check, png = verification_of(redis, request)
    assert check is not None and "crashed while verifying" in check.error and png == b""
