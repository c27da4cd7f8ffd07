"""The fleet's turns at Discord, on a real Valkey and its clock."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from jobs.rate_limiter import AT_ONCE, PER_SECOND, RateLimiter

LONG = 3600.0


def turns(redis: Redis, count: int) -> list[float]:
    """When each of so many turns is due, in seconds from the first one's asking; taken by several processes."""
    allowances = [RateLimiter(redis) for _ in range(4)]

    def take(number: int) -> float:
        seconds, micros = redis.time()
        wait = allowances[number % 4].take(LONG)
        assert wait is not None
        return seconds + micros / 1e6 + wait

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(take, range(count)))
    return [at - found[0] for at in found]


def test_a_few_need_not_wait(redis: Redis) -> None:
    rate_limiter = RateLimiter(redis)
    assert [rate_limiter.take(0) for _ in range(AT_ONCE)] == [0.0] * AT_ONCE


def test_no_second_has_more_than_discord_allows_whoever_asks(redis: Redis) -> None:
    found = turns(redis, 200)
    most = max(sum(start <= at < start + 1 for at in found) for start in found)
    assert PER_SECOND / 2 < most <= 50
    assert found[-1] >= (200 - AT_ONCE - 1) / PER_SECOND - 0.5


def test_a_turn_that_comes_too_late_is_not_taken(redis: Redis) -> None:
    rate_limiter = RateLimiter(redis)
    rate_limiter.hold(60)
    assert [rate_limiter.take(5) for _ in range(100)] == [None] * 100
    assert (rate_limiter.take(LONG) or 0) == pytest.approx(60, abs=5), "those who gave up stand in nobody's way"


def test_a_refusal_by_the_global_limit_holds_everybody(redis: Redis) -> None:
    RateLimiter(redis).hold(30)
    RateLimiter(redis).hold(1)  # the longer one stays
    wait = RateLimiter(redis).take(LONG)
    assert wait is not None and 20 < wait <= 30
