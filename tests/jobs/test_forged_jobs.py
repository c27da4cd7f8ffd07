"""What a worker does of all that a job's record in Redis could ask for: a task of ours, and nothing else."""

# mypy: disallow-untyped-calls=False
# RQ leaves most of its methods without types.

import json
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from redis import Redis
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from jobs.rq_adapter.job import BadRequest, Postponed, only
from jobs.rq_adapter.queue import FAILURE_TTL_S, QUEUE_NAME, RETRIES, render_queue
from jobs.rq_adapter.trusted_fields import LONGEST_S, MOST_BYTES, MOST_POSTPONED
from jobs.rq_adapter.worker import RQWorker

NOW = b"2026-11-23T08:00:00.000000Z"
calls: list[object] = []
failures: list[str] = []


def work(payload: Any) -> dict[str, Any] | Postponed:
    calls.append(payload)
    match payload:
        case "raise":
            raise BadRequest("as asked")
        case "later":
            return Postponed(10)
    return {}


KIND = only({"work": work}, lambda job_id, _payload, _reason: failures.append(job_id))


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What comes to a server that nobody should call."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(f"{self.command} {self.path}")
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        requests.append(f"http://127.0.0.1:{server.server_port}")
        yield requests
        server.shutdown()


@pytest.fixture
def worker(redis: Redis) -> RQWorker:
    calls.clear()
    failures.clear()
    worker = RQWorker(redis, "a-worker", KIND, lambda _job, _error: None)
    worker.register()
    return worker


def forge(redis: Redis, payload: object, job_id: str = "forged", **fields: Any) -> None:
    data = json.dumps(["work", None, [payload], {}])
    record: dict[Any, Any] = {"created_at": NOW, "status": "queued", "origin": QUEUE_NAME, "data": data, **fields}
    redis.hset(Job.key_for(job_id), mapping=record)
    redis.rpush(render_queue(redis).key, job_id)


def done(worker: RQWorker) -> bool:
    job = worker.take(1)
    assert job is not None
    return worker.perform(job, worker.begin(job))


def hooks(base: str) -> dict[str, Any]:
    """All that RQ would act on, for a listener at `base`."""
    return {
        "webhooks": json.dumps(
            [
                {"url": f"{base}/{state}/{method}", "job_status": state, "method": method, "headers": {"a": "b"}}
                for state in ("finished", "failed")
                for method in ("GET", "POST")
            ]
        ),
        "success_callback_name": "urllib.request.urlopen",
        "failure_callback_name": "urllib.request.urlopen",
        "stopped_callback_name": "urllib.request.urlopen",
        "repeats_left": 5,
        "repeat_intervals": "[0]",
        "group_id": "some-group",
        "rate_limit_key": "some-limit",
        "rate_limit_concurrency": 1,
        "meta": zlib.compress(b"meta"),
        "result": b"\x80\x04.",
        "exc_info": zlib.compress(b"text"),
    }


@pytest.mark.parametrize("payload", ["finish", "raise", "later"])
def test_no_job_makes_a_worker_send_http(worker: RQWorker, redis: Redis, heard: list[str], payload: str) -> None:
    forge(redis, payload, number_of_retries=2_000_000, **hooks(heard[0]))
    done(worker)
    assert calls == [payload]
    assert heard[1:] == []
    # Nor is it repeated, grouped or counted anywhere.
    assert redis.llen(render_queue(redis).key) == 0
    assert not redis.keys("*limit*") and not redis.keys("*group*")


def test_nor_does_one_that_a_dead_worker_left(worker: RQWorker, redis: Redis, heard: list[str]) -> None:
    forge(redis, "finish", **(hooks(heard[0]) | {"status": "started"}))
    redis.delete(render_queue(redis).key)
    forge(redis, "finish", "stuck", **hooks(heard[0]))
    redis.lmove(render_queue(redis).key, render_queue(redis).intermediate_queue_key, "LEFT", "RIGHT")
    redis.set(f"{render_queue(redis).intermediate_queue_key}:first_seen:stuck", 1)
    redis.zadd(render_queue(redis).started_job_registry.key, {"forged:execution": 1})
    worker.run_maintenance_tasks()
    assert sorted(failures) == ["forged", "stuck"]
    assert heard[1:] == []


def test_jobs_that_wait_for_others_are_left_alone(worker: RQWorker, redis: Redis) -> None:
    """RQ would put each on the queue that it names."""
    forge(redis, "finish", "dependent", status="deferred", origin="elsewhere", dependency_ids='["forged"]')
    redis.delete(render_queue(redis).key)
    redis.sadd(Job.dependents_key_for("forged"), "dependent")
    forge(redis, "finish")
    assert done(worker)
    forge(redis, "finish", status="started")
    redis.delete(render_queue(redis).key)
    redis.zadd(render_queue(redis).started_job_registry.key, {"forged:execution": 1})
    worker.run_maintenance_tasks()
    assert failures == ["forged"]
    assert redis.hget(Job.key_for("dependent"), "status") == b"deferred"
    assert not redis.exists("rq:queue:elsewhere")


@pytest.mark.parametrize(
    "data",
    [
        b"no json",
        b"[]",
        b"[" * 100_000,
        json.dumps(["posix.system", None, ["true"], {}]).encode(),
        json.dumps([["work"], None, ["x"], {}]).encode(),
        json.dumps(["work", None, ["x", "y"], {}]).encode(),
        json.dumps(["work", None, "x", {}]).encode(),
        json.dumps(["work", None, ["x"], {"payload": "y"}]).encode(),
        zlib.compress(b"[" + bytes(4 * MOST_BYTES)),
        zlib.compress(zlib.compress(bytes(4 * MOST_BYTES))),
    ],
    ids=["words", "empty", "nested", "other", "list", "two", "text", "named", "bomb", "packed twice"],
)
def test_what_is_no_task_of_ours_is_refused_and_not_tried_again(redis: Redis, data: bytes) -> None:
    """A BadRequest: any other error counts as this worker's own failure, and three of those stop it."""
    raised: list[BaseException] = []
    worker = RQWorker(redis, "a-worker", KIND, lambda _job, error: raised.append(error))
    worker.register()
    calls.clear()
    forge(redis, None, data=data, retries_left=2)
    assert not done(worker)
    assert [type(error) for error in raised] == [BadRequest]
    assert calls == [] and redis.llen(render_queue(redis).key) == 0


def test_a_record_that_unpacks_to_gigabytes_is_not_unpacked(redis: Redis) -> None:
    for data in (zlib.compress(bytes(MOST_BYTES + 1)), bytes(MOST_BYTES + 1)):
        forge(redis, None, data=data)
        assert KIND.fetch("forged", connection=redis, serializer=JSONSerializer).data == b""


def test_numbers_of_a_record_are_held_to_ours(redis: Redis) -> None:
    """A timeout of years would let a job hang for as long, and no limit of memory ends a result that stays."""
    most = {
        "timeout": LONGEST_S,
        "result_ttl": FAILURE_TTL_S,
        "failure_ttl": FAILURE_TTL_S,
        "retries_left": RETRIES,
    }
    for said in ("999999999", "9" * 5000):
        forge(redis, "finish", **dict.fromkeys([*most, "number_of_retries"], said))
        job = KIND.fetch("forged", connection=redis, serializer=JSONSerializer)
        assert {name: getattr(job, name) for name in most} == most
        assert job.number_of_retries == MOST_POSTPONED
    forge(redis, "finish", **dict.fromkeys(most, "-1"))
    job = KIND.fetch("forged", connection=redis, serializer=JSONSerializer)
    assert (job.timeout, job.result_ttl, job.failure_ttl, job.retries_left) == (1, 1, 1, 0)


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"junk", b"", b"1e9", b"9" * 400])
def test_values_that_make_no_sense_count_as_absent(worker: RQWorker, redis: Redis, junk: bytes) -> None:
    names = ["created_at", "enqueued_at", "ended_at", "timeout", "result_ttl", "status", "origin", "description"]
    fields: dict[str, Any] = dict.fromkeys([*names, "dependency_ids", "retry_intervals", "worker_name"], junk)
    forge(redis, "finish", **fields)
    assert done(worker)
    assert calls == ["finish"]


def test_what_cannot_be_read_keeps_no_other_job_from_its_next_try(worker: RQWorker, redis: Redis) -> None:
    queue = render_queue(redis)
    forge(redis, "finish", "bad", retries_left=2, status=b"\xff", timeout=b"junk")
    for name in ("left", "later"):
        forge(redis, "finish", name, retries_left=2, status="started")
    redis.hset(Job.key_for("empty"), "status", "started")
    redis.delete(queue.key)
    nonsense: dict[Any, float] = {b"\xff\xfe:1": 1, "no id!:1": 2, "empty:1": 3, "bare": 4}
    redis.zadd(queue.started_job_registry.key, nonsense | {"bad:execution": 5, "left:execution": 6})
    redis.zadd(queue.scheduled_job_registry.key, nonsense | {"later": 6})
    redis.rpush(queue.intermediate_queue_key, *nonsense)
    worker.look_after()
    assert redis.lrange(queue.key, 0, -1) == [b"later", b"left"]
    assert not redis.exists(queue.scheduled_job_registry.key)
    redis.lpush(queue.key, *nonsense)
    for _ in nonsense:
        assert worker.take(1) is None
    assert done(worker) and done(worker)


def test_an_id_that_no_job_can_have(redis: Redis) -> None:
    with pytest.raises(NoSuchJobError):
        KIND.fetch("no id!", connection=redis, serializer=JSONSerializer)
