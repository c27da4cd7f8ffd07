"""What the bot tells its probes, and what it reads from Redis for the fleet."""

import asyncio
import math
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry
from redis import Redis
from rq.job import Job

from bot.gateway.shards import is_connected
from bot.observability.probes import FleetCollector, ShardCollector, probe_app, why_not_ready, why_unhealthy
from devstack.valkey import free_port
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.observability import probes
from jobs.pictures import PictureStore
from jobs.registry.fleet import Fleet, WorkerReport
from jobs.rq_adapter.queue import enqueue, render_queue
from playground.testing import PlaygroundProcess
from playground.testing.client import PATIENCE_S
from tests.bot.processes import BotProcess
from tests.jobs.requests import a_pending_reply, a_request


def client(*, ready: bool = True, shards: tuple[bool, ...] = (True,), closed: bool = False) -> Any:
    """As much of a client as probes look at; `shards` says which of them are open, there are none at first."""
    found = {
        number: SimpleNamespace(is_closed=lambda is_open=is_open: not is_open)
        for number, is_open in enumerate(shards)
    }
    return SimpleNamespace(is_ready=lambda: ready, shards=found, shard_count=len(found), is_closed=lambda: closed)


def test_who_hears_and_queues_is_ready(redis: Redis) -> None:
    assert is_connected(client()) and why_not_ready(client(), redis) == why_unhealthy(client()) == []


@pytest.mark.parametrize(
    ("disconnected", "more"),
    [
        (client(ready=False), ""),
        (client(ready=False, shards=()), ""),
        (client(shards=(True, False)), ", shards [1]"),
    ],
)
def test_who_does_not_hear_is_not_ready(disconnected: Any, more: str, redis: Redis) -> None:
    assert (
        why_not_ready(disconnected, redis) == [f"the gateway is not connected{more}"]
        and why_unhealthy(disconnected) == []
    )


def test_each_shard_is_counted() -> None:
    registry = CollectorRegistry()
    registry.register(ShardCollector(client(shards=(True, False, True))))
    assert registry.get_sample_value("glyphcord_shards") == 3
    ready = [registry.get_sample_value("glyphcord_shard_ready", {"shard": str(number)}) for number in range(3)]
    assert ready == [1, 0, 1]


def test_without_redis_it_is_not_ready() -> None:
    (reason,) = why_not_ready(client(), connect(f"redis://127.0.0.1:{free_port()}/0"))
    assert reason.startswith("redis: ConnectionError")


def test_a_closed_client_is_unhealthy() -> None:
    assert why_unhealthy(client(closed=True)) == ["the client is closed"]


async def test_many_who_ask_while_redis_hangs_wait_for_one_look_and_health_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probes, "PATIENCE_S", PATIENCE_S)
    over, looks, asked = threading.Event(), list[str](), list[str]()

    def hangs() -> list[str]:
        looks.append("ping")
        over.wait(PATIENCE_S)
        return ["redis: TimeoutError"]

    @web.middleware
    async def noted(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    app = probe_app(lambda: [], hangs)
    app.middlewares.append(noted)
    try:
        async with TestClient(TestServer(app)) as client:
            waiting = [asyncio.create_task(client.get("/readyz")) for _ in range(40)]
            async with asyncio.timeout(PATIENCE_S):
                while len(asked) < len(waiting):  # noqa: ASYNC110 nothing to wait on
                    await asyncio.sleep(0.01)
                assert (await client.get("/healthz")).status == 200
            over.set()
            answers = await asyncio.gather(*waiting)
            assert {answer.status for answer in answers} == {503} and looks == ["ping"]
            assert await answers[0].json() == {"ok": False, "reasons": ["redis: TimeoutError"]}
            await client.get("/readyz")
            assert looks == ["ping", "ping"]
    finally:
        over.set()


async def test_who_gives_up_ends_the_look_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PATIENCE_S", 0.05)
    over, looks = threading.Event(), list[str]()

    def hangs() -> list[str]:
        looks.append("ping")
        over.wait(PATIENCE_S)
        return []

    try:
        async with TestClient(TestServer(probe_app(lambda: [], hangs))) as client:
            for _ in range(3):
                answer = await client.get("/readyz")
                assert answer.status == 503 and "no answer within" in await answer.text()
            assert looks == ["ping"]
    finally:
        over.set()


class Fleetwide:
    """The collector's figures by name and label."""

    def __init__(self, redis: Redis) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(FleetCollector(redis, 1000))

    def __call__(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"glyphcord_{name}", labels)


def test_the_fleet_in_figures(redis: Redis) -> None:
    fleet = Fleetwide(redis)
    assert fleet("queue_jobs", state="waiting") == fleet("queue_oldest_seconds") == fleet("pending_replies") == 0
    PictureStore(redis, 60, 1000).put(b"123456789")
    for number in range(3):
        request = a_request(job_id=str(1000 + number))
        enqueue(redis, request)
        Jobs(redis).open(a_pending_reply(request.job_id), look_at=0)
    # The next in line came first, a minute ago by its record.
    first = render_queue(redis).job_ids[0]
    ago = time.gmtime(time.time() - 60)
    redis.hset(Job.key_for(first), "enqueued_at", time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", ago))
    report = WorkerReport(
        name="w", host="h", pid=1, device="cpu", model="m", model_version="v", state="busy", started_at=0
    )
    Fleet(redis).report(report)
    assert fleet("redis_up") == 1
    assert fleet("queue_jobs", state="waiting") == fleet("pending_replies") == 3
    assert math.isclose(fleet("queue_oldest_seconds") or 0, 60, abs_tol=5)
    assert (fleet("workers", state="busy"), fleet("workers", state="idle")) == (1, 0)
    assert (fleet("stored_picture_bytes", kind="used"), fleet("stored_picture_bytes", kind="budget")) == (9, 1000)
    assert (fleet("redis_memory_bytes", kind="used") or 0) > 0


def test_a_record_that_says_no_time_has_not_waited(redis: Redis) -> None:
    enqueue(redis, a_request())
    redis.hset(Job.key_for(render_queue(redis).job_ids[0]), "enqueued_at", "yesterday")
    assert Fleetwide(redis)("queue_oldest_seconds") == 0


def test_counting_does_not_clean_up(redis: Redis) -> None:
    """RQ's own counts would fail an abandoned job, callback and all, in the bot."""
    enqueue(redis, a_request())
    queue = render_queue(redis)
    job_id = queue.job_ids[0]
    redis.delete(queue.key)
    redis.zadd(queue.started_job_registry.key, {f"{job_id}:0123": 1})
    fleet = Fleetwide(redis)
    assert fleet("queue_jobs", state="started") == 1 and fleet("queue_jobs", state="failed") == 0
    assert redis.zcard(queue.started_job_registry.key) == 1


def test_a_redis_that_is_gone_is_all_that_is_known() -> None:
    fleet = Fleetwide(connect(f"redis://127.0.0.1:{free_port()}/0"))
    assert fleet("redis_up") == 0 and fleet("pending_replies") is None


def test_a_taken_port_is_one_readable_line(playground: PlaygroundProcess, redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "other").mkdir()
    with BotProcess(playground, redis_url, tmp_path, BOT_HTTP_PORT=str(port)):
        second = BotProcess(playground, redis_url, tmp_path / "other", BOT_HTTP_PORT=str(port)).launch()
        assert second.process is not None and second.process.wait(60) == 2
        assert "BOT_HTTP_PORT: " in second.log and "Traceback" not in second.log
