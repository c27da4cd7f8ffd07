"""Workers' reports and reload orders against a real server."""

import pytest
from redis import Redis

from jobs.connection import PREFIX
from jobs.fleet import ORDER_TTL_S, REPORT_TTL_S, Fleet, ReloadAnswer, WorkerReport


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


def test_an_order_reaches_everyone_and_answers_belong_to_it(redis: Redis) -> None:
    fleet = Fleet(redis)
    assert fleet.latest_order() is None
    first = fleet.order_reload("50")
    assert fleet.latest_order() == first
    second = fleet.order_reload("50")
    assert second.number == first.number + 1
    assert fleet.latest_order() == second
    good = ReloadAnswer(worker="a", model="m", model_version="b" * 12, took_ms=3.0)
    bad = ReloadAnswer(worker="b", model="m", model_version="a" * 12, took_ms=1.0, error="no such file")
    fleet.answer(second, good)
    fleet.answer(second, bad)
    assert fleet.answers(second) == {"a": good, "b": bad}
    assert fleet.answers(first) == {}
    assert 0 < redis.ttl(f"{PREFIX}reload:order:{second.number}") <= ORDER_TTL_S


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
