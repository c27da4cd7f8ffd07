"""Workers' reports against a real server."""

import pytest
from redis import Redis

from jobs.connection import PREFIX
from jobs.registry.fleet import REPORT_TTL_S, Fleet, WorkerReport


def a_worker(name: str) -> WorkerReport:
    return WorkerReport(
        name=name, host="h", pid=1, device="cpu", model="m", model_version="a" * 12, state="idle", started_at=0.0
    )


def test_a_worker_is_alive_while_it_reports(redis: Redis) -> None:
    fleet = Fleet(redis)
    assert fleet.alive() == []
    fleet.report(a_worker("b"))
    fleet.report(a_worker("a"))
    assert [worker.name for worker in fleet.alive()] == ["a", "b"]
    assert 0 < redis.ttl(f"{PREFIX}workers:a") <= REPORT_TTL_S
    redis.delete(f"{PREFIX}workers:a")  # what its TTL does to a worker that was killed
    assert [worker.name for worker in fleet.alive()] == ["b"]
    fleet.leave("b")
    assert fleet.alive() == []


def test_a_worker_long_gone_leaves_the_index(redis: Redis) -> None:
    fleet = Fleet(redis)
    redis.zadd(f"{PREFIX}workers", {"old": 1.0})
    fleet.report(a_worker("new"))
    assert redis.zrange(f"{PREFIX}workers", 0, -1) == [b"new"]


@pytest.mark.parametrize(
    ("state", "serves"), [("idle", True), ("busy", True), ("degraded", False), ("stopping", False)]
)
def test_only_workers_that_take_jobs_are_serving(redis: Redis, state: str, serves: bool) -> None:
    fleet = Fleet(redis)
    fleet.report(
        WorkerReport(
            name="w", host="h", pid=1, device="cpu", model="m", model_version="v", state=state, started_at=0.0
        )
    )
    assert bool(fleet.serving()) == serves
    assert len(fleet.alive()) == 1
