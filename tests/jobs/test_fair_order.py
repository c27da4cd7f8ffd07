"""The order on a real queue: one noisy server and nine quiet ones, nobody starved, and nothing else changed."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from redis import Redis
from rq import RateLimit

from jobs.rq_adapter.fair_order import place
from jobs.rq_adapter.queue import RENDER_TASK, enqueue, render_queue
from tests.jobs.requests import a_request

QUEUE = "rq:queue:glyphcord"
NOISY = "1"
QUIET = [str(n) for n in range(2, 11)]


def ask(redis: Redis, job_id: str, guild_id: str | None, user_id: str = "50") -> None:
    assert enqueue(redis, a_request(job_id=job_id, guild_id=guild_id, user_id=user_id))


def order(redis: Redis) -> list[str]:
    return [str(job_id, "ascii") for job_id in redis.lrange(QUEUE, 0, -1) if isinstance(job_id, bytes)]


def test_nine_quiet_servers_do_not_wait_for_a_noisy_one(redis: Redis) -> None:
    for n in range(200):
        ask(redis, f"noisy-{n}", NOISY)
    for guild in QUIET:
        ask(redis, f"quiet-{guild}", guild)
    waiting = order(redis)
    assert waiting[0] == "noisy-0"
    assert waiting[1:10] == [f"quiet-{guild}" for guild in QUIET]
    assert waiting[10:] == [f"noisy-{n}" for n in range(1, 200)]


def test_first_come_first_served_inside_a_server_and_alone(redis: Redis) -> None:
    for n in range(20):
        ask(redis, f"a-{n}", NOISY)
    assert order(redis) == [f"a-{n}" for n in range(20)]


def test_outside_of_servers_people_take_turns(redis: Redis) -> None:
    for n in range(3):
        ask(redis, f"one-{n}", None, user_id="1")
    ask(redis, "two-0", None, user_id="2")
    assert order(redis) == ["one-0", "two-0", "one-1", "one-2"]


def test_nobody_starves_however_the_others_ask(redis: Redis) -> None:
    rng, asked, served = random.Random(4), Counter[str](), list[str]()
    for _ in range(400):
        guild = NOISY if rng.random() < 0.7 else rng.choice(QUIET)
        ask(redis, f"{guild}-{asked[guild]}", guild)
        asked[guild] += 1
        if rng.random() < 0.6 and isinstance(job := redis.lpop(QUEUE), bytes):
            served.append(job.decode())
    served += order(redis)
    assert sorted(served) == sorted(f"{guild}-{n}" for guild, most in asked.items() for n in range(most))
    for guild in asked:
        mine = [int(job.partition("-")[2]) for job in served if job.startswith(f"{guild}-")]
        assert mine == sorted(mine)
    # A job whose server's earlier ones are through is passed by one job of each other server at most, so the
    # wait at the front is bounded by how many servers there are.
    noisy = [index for index, job in enumerate(served) if job.startswith(f"{NOISY}-")]
    gaps = [after - before for before, after in pairwise(noisy)]
    assert max(gaps) <= 2 * len(QUIET) + 1


def test_a_job_that_a_worker_has_taken_meanwhile_stays_taken(redis: Redis) -> None:
    ask(redis, "a", NOISY)
    redis.lpop(QUEUE)
    assert place(redis, QUEUE, "a", NOISY) == -1
    assert order(redis) == []


def test_a_lane_that_is_forgotten_counts_as_a_server_of_its_own(redis: Redis) -> None:
    for n in range(3):
        ask(redis, f"a-{n}", NOISY)
    redis.delete(*redis.keys("glyphcord:jobs:*"))
    ask(redis, "b-0", "2")
    assert order(redis) == ["a-0", "a-1", "a-2", "b-0"]


def test_rqs_rate_limit_cannot_be_had_with_unique_jobs(redis: Redis) -> None:
    # Why the order is ours: the day this passes with RQ's own, jobs/rq_adapter/fair_order.py may go.
    with pytest.raises(ValueError, match="unique"):
        render_queue(redis).enqueue(
            RENDER_TASK, job_id="a", unique=True, rate_limit=RateLimit(key="server:1", concurrency=1)
        )
