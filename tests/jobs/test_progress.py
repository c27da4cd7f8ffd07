"""What is told to those who wait, from what stands in a real queue."""

import pytest
from redis import Redis

from jobs.lifecycle.job import PACE_OF, Jobs
from jobs.lifecycle.progress import Standing, seconds_per_job, standings, words
from jobs.rq_adapter.queue import enqueue, job_key
from jobs.schema import RenderResult
from jobs.text.sentences import SENTENCES, is_interim
from jobs.text.translation import duration_in_words
from tests.jobs.requests import a_request


def test_the_pace_is_the_mean_of_the_latest_jobs(redis: Redis) -> None:
    assert seconds_per_job(redis) is None
    for seconds in (100.0, *[2.0, 4.0] * (PACE_OF // 2)):
        Jobs(redis).finish(RenderResult(job_id="a", outcome="posted"), seconds=seconds)
    assert seconds_per_job(redis) == 3.0


def test_standings_follow_the_queue(redis: Redis) -> None:
    for job_id in ("a", "b", "c"):
        enqueue(redis, a_request(job_id=job_id))
    Jobs(redis).progress("c", (5, 48))
    assert standings(redis, ["c", "a", "nobody"]) == [
        Standing("queued", 2, (5, 48)),
        Standing("queued", 0),
        Standing(None),
    ]
    assert standings(redis, []) == []


@pytest.mark.parametrize(
    ("standing", "workers", "pace", "said"),
    [
        (Standing("queued", 0), 1, 2.0, "Waiting: yours is next, about 5 s to go."),
        (Standing("queued", 1), 1, 2.0, "Waiting: one picture is before yours, about 5 s to go."),
        (Standing("queued", 59), 2, 2.0, "Waiting: 59 pictures are before yours, about 60 s to go."),
        (Standing("queued", 7), 1, None, "Waiting: 7 pictures are before yours."),
        (Standing("queued", 7), 0, 2.0, SENTENCES["queued_no_worker"]),
        (Standing("started"), 1, 2.0, "Drawing: a worker is at it."),
        (Standing("started", None, (12, 48)), 1, 2.0, "Drawing: frame 12 of 48."),
        (Standing("finished"), 1, 2.0, None),
        (Standing(None), 1, 2.0, None),
    ],
)
def test_what_is_said(standing: Standing, workers: int, pace: float | None, said: str | None) -> None:
    assert words(standing, workers=workers, pace=pace) == said
    assert said is None or is_interim(said)


def test_after_a_workers_death_no_old_number_stays() -> None:
    dead, begun = Standing("started", None, (40, 120), worker="w1"), Standing("queued", 0, (40, 120), worker=None)
    assert words(dead, workers=1, pace=2.0, alive=["w1"]) == "Drawing: frame 40 of 120."
    assert words(dead, workers=0, pace=2.0, alive=["w1"]) == "Drawing: frame 40 of 120.", (
        "it takes no more, but ends"
    )
    for workers, alive in ((1, ["w2"]), (0, [])):
        assert words(dead, workers=workers, pace=2.0, alive=alive) == SENTENCES["worker_stopped"]
    assert words(begun, workers=1, pace=2.0, alive=["w2"]) == "Waiting: yours is next, about 5 s to go."


def test_a_new_try_forgets_what_an_earlier_one_had_drawn(redis: Redis) -> None:
    enqueue(redis, a_request(job_id="a"))
    Jobs(redis).progress("a", (40, 120))
    Jobs(redis).begin("a")
    redis.hset(job_key("a"), mapping={"status": "started", "worker_name": "w1"})
    redis.delete("rq:queue:glyphcord")
    assert standings(redis, ["a"]) == [Standing("started", None, worker="w1")]


def test_estimates_are_coarse_and_never_short() -> None:
    assert [duration_in_words(s) for s in (0.2, 5, 6, 20, 21, 90, 91, 3000, 6000)] == [
        "5 s",
        "5 s",
        "10 s",
        "20 s",
        "30 s",
        "90 s",
        "2 min",
        "50 min",
        "2 h",
    ]
