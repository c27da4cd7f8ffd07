"""A worker on a machine whose clock is two hours off."""

from typing import Any, cast

import pytest
from redis import Redis

from bench.chaos.wrong_clock import MODULE, with_wrong_clock
from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from jobs.rq_adapter.queue import enqueue, render_queue
from jobs.rq_adapter.worker import RQWorker
from tests.worker.processes import PATIENCE_S, Start, ended
from tests.worker.samples import photo, request_for
from tests.worker.standin import Standin


@pytest.mark.parametrize("ahead_s", [7200, -7200], ids=["ahead", "behind"])
def test_it_draws_and_its_lease_is_as_long_as_others(
    start: Start, redis: Redis, pictures: PictureStore, standin: Standin, ahead_s: float
) -> None:
    standin.open.clear()
    enqueue(redis, request_for(pictures.put(photo())))
    start(MODULE, **with_wrong_clock("worker", ahead_s)).wait_for("worker ready name=")
    assert standin.arrived.wait(PATIENCE_S)
    registry = render_queue(redis).started_job_registry
    leases: Any = redis.zrange(registry.key, 0, -1, withscores=True)
    ((_, until),), time = leases, cast(Any, redis.time())
    assert 0 < until - time[0] <= RQWorker.lease_s
    standin.open.set()
    assert ended(Jobs(redis)) == "posted"
