"""What the heartbeat does while there is nothing to draw."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from worker.observability import heartbeat
from worker.observability.heartbeat import Heartbeat


def test_memory_goes_back_once_after_the_last_of_some_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    worker = SimpleNamespace(state="idle", jobs_done=0, outage=None)
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
