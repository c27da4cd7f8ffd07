"""The time that all go by, on a machine whose own clock is off."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rq.utils
import time_machine
from redis import Redis

from jobs import clock
from jobs.rq_adapter import clock as adapter

ROOT = Path(__file__).parents[2]
OWN = re.compile(r"\btime\.time\(|datetime\.now\(|\.utcnow\(")
TOLERANCE_S = 1.5


def redis_now(redis: Redis) -> float:
    answer: Any = redis.time()
    return float(answer[0] + answer[1] / 1e6)


@pytest.fixture(params=[7200, -7200], ids=["ahead", "behind"])
def wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock._Clock, "offset", None)
    with time_machine.travel(time.time() + request.param, tick=True):
        yield


@pytest.mark.usefixtures("wrong_clock")
def test_redis_tells_the_time(redis: Redis) -> None:
    assert abs(clock.now() - redis_now(redis)) > 7000
    clock.follow(redis)
    assert clock.now() == pytest.approx(redis_now(redis), abs=TOLERANCE_S)
    with time_machine.travel(0, tick=True):  # somebody sets the machine's clock
        assert clock.now() == pytest.approx(redis_now(redis), abs=TOLERANCE_S)


@pytest.mark.usefixtures("wrong_clock")
def test_a_slow_answer_is_better_than_none(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "EXACT_S", 0.0)
    assert not clock.is_known()
    clock.follow(redis)
    assert clock.is_known()
    assert clock.now() == pytest.approx(redis_now(redis), abs=TOLERANCE_S)
    exact = clock._Clock.offset
    clock.follow(redis)
    assert clock._Clock.offset == exact


@pytest.mark.usefixtures("wrong_clock")
def test_rq_goes_by_it(redis: Redis) -> None:
    clock.follow(redis)
    assert rq.utils.current_timestamp() == pytest.approx(redis_now(redis), abs=TOLERANCE_S)
    own = [name for name, module in sys.modules.items() if name.startswith("rq.") and hasattr(module, "now")]
    assert {"rq.executions", "rq.job", "rq.queue", "rq.utils"} <= set(own)
    assert not [name for name in own if sys.modules[name].now is not adapter.now]


def test_nobody_asks_the_machines_own_clock() -> None:
    files = [file for room in ("bot", "jobs", "worker") for file in (ROOT / room).rglob("*.py")]
    asking = {str(file.relative_to(ROOT)) for file in files if OWN.search(file.read_text(encoding="utf-8"))}
    assert asking == {"jobs/clock.py"}
