"""Open promises against a real server: due when their time has come, closed for good, never a stumbling block."""

import time

from redis import Redis

from jobs.connection import PREFIX
from jobs.lifecycle.promises import Promises
from jobs.rq_adapter.queue import enqueue, render_queue, states, withdraw
from tests.jobs.requests import a_promise, a_request


def test_a_promise_is_due_when_its_time_has_come(redis: Redis) -> None:
    promises, now = Promises(redis), time.time()
    early, late = a_promise("1"), a_promise("2")
    promises.open([late], look_at=now - 1)
    promises.open([early], look_at=now - 2)
    promises.open([a_promise("3")], look_at=now + 60)
    assert promises.due(most=10) == [early, late]
    assert promises.due(most=1) == [early]
    promises.look_later(["1", "3"], look_at=now + 60)
    assert promises.due(most=10) == [late]


def test_a_closed_promise_does_not_come_back(redis: Redis) -> None:
    promises = Promises(redis)
    promises.open([a_promise("1")], look_at=0)
    promises.close(["1"])
    promises.look_later(["1"], look_at=0)
    assert promises.due(most=10) == []
    assert promises.still_open(["1"]) == promises.still_open([]) == set()


def test_what_cannot_be_read_is_passed_over_once(redis: Redis) -> None:
    promises = Promises(redis)
    promises.open([a_promise("1"), a_promise("2")], look_at=0)
    redis.hset(f"{PREFIX}open", "1", "another program's")
    assert [promise.job_id for promise in promises.due(most=10)] == ["2"]
    assert redis.zscore(f"{PREFIX}open:look_at", "1") is None


def test_the_token_is_kept_until_the_promise_is_closed_and_not_shown(redis: Redis) -> None:
    promises = Promises(redis)
    promises.open([a_promise("1")], look_at=0)
    (found,) = promises.due(most=1)
    assert found.reply.token == "the-interaction-token"
    assert "the-interaction-token" not in repr(found)
    promises.close(["1"])
    assert redis.keys() == []


def test_a_waiting_job_can_be_withdrawn_and_a_running_one_stays(redis: Redis) -> None:
    enqueue(redis, a_request())
    assert states(redis, ["40", "41"]) == ["queued", None]
    withdraw(redis, "40")
    assert states(redis, ["40"]) == [None] and render_queue(redis).count == 0
    enqueue(redis, a_request())
    redis.lpop(render_queue(redis).key)
    withdraw(redis, "40")
    assert states(redis, ["40"]) == ["queued"]
    assert states(redis, []) == []
