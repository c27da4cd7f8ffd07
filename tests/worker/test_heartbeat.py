"""What the heartbeat does while there is nothing to draw."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError

from tests.worker.processes import PATIENCE_S
from worker import periodic
from worker.observability import heartbeat
from worker.observability.heartbeat import Heartbeat
from worker.queue.redis_outage import Outage


def test_memory_goes_back_once_after_the_last_of_some_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    worker = SimpleNamespace(state="idle", jobs_done=0)
    monkeypatch.setattr(heartbeat, "give_back", lambda: given.append(worker.jobs_done))
    nothing = cast(Any, None)
    beat = Heartbeat(nothing, nothing, cast(Any, worker), nothing)
    for state, jobs_done in (
        ("idle", 0),
        ("idle", 0),  # what the start took
        ("idle", 0),
        ("busy", 0),
        ("busy", 1),
        ("idle", 2),  # the next may be coming
        ("idle", 3),
        ("idle", 3),
        ("idle", 3),
    ):
        worker.state, worker.jobs_done = state, jobs_done
        beat._give_back_when_idle()
    assert given == [0, 3]


def test_no_trouble_ends_what_is_repeated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(periodic, "AFTER_TROUBLE_S", 0.01)
    troubles, outage, over = [ConnectionError("gone"), RuntimeError("a bug")], Outage(), threading.Event()

    def step() -> float:
        if troubles:
            raise troubles.pop(0)
        over.set()
        return 60.0

    thread = periodic.Periodic("reloads", step, outage)
    thread.start()
    assert over.wait(PATIENCE_S)
    thread.stop()
    thread.join()
    assert outage.lasting and "reloads failed" in caplog.text and "a bug" in caplog.text
