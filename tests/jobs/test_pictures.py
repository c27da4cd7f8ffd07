"""The store of pictures against a real server: budget, order of eviction, TTL."""

import hashlib
import time

import pytest
from redis import Redis

from jobs.connection import PREFIX, REDIS_FULL
from jobs.pictures import NEEDED_FOR_S, PictureStore, stored_bytes
from jobs.text.sentences import ServiceProblem

TTL_S = 7 * 24 * 3600


def store_of(redis: Redis, budget: int = 1000, ttl_s: int = TTL_S) -> PictureStore:
    return PictureStore(redis, ttl_s, budget)


def used_ago(redis: Redis, sha: str, seconds: float) -> None:
    """Let the store believe that a picture was last used some time ago."""
    redis.zadd(f"{PREFIX}pictures:used", {sha: time.time() - seconds}, xx=True)


def test_a_picture_comes_back_under_its_hash(redis: Redis) -> None:
    store = store_of(redis)
    data = bytes(range(256))
    sha = store.put(data)
    assert sha == hashlib.sha256(data).hexdigest()
    assert store.get(sha) == data
    assert store.put(data) == sha
    assert store.get("0" * 64) is None


def test_a_picture_expires_and_a_touch_renews_it(redis: Redis) -> None:
    store = store_of(redis)
    sha = store.put(b"x")
    key = f"{PREFIX}picture:{sha}"
    assert TTL_S - 5 < redis.ttl(key) <= TTL_S
    redis.expire(key, 10)
    assert store.touch(sha)
    assert redis.ttl(key) > TTL_S - 5
    redis.delete(key)
    assert not store.touch(sha)


def test_the_one_unused_the_longest_makes_room(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    oldest, older = store.put(b"a" * 400), store.put(b"b" * 400)
    used_ago(redis, oldest, 3 * NEEDED_FOR_S)
    used_ago(redis, older, 2 * NEEDED_FOR_S)
    new = store.put(b"c" * 400)
    assert store.get(oldest) is None
    assert store.get(older) is not None
    assert store.get(new) is not None


def test_a_touched_picture_outlives_one_that_was_not(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    first, second = store.put(b"a" * 400), store.put(b"b" * 400)
    used_ago(redis, first, 3 * NEEDED_FOR_S)
    used_ago(redis, second, 2 * NEEDED_FOR_S)
    assert store.touch(first)
    store.put(b"c" * 400)
    assert store.get(first) is not None
    assert store.get(second) is None


def test_a_picture_that_a_job_may_need_is_never_pushed_out(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    waiting = store.put(b"a" * 800)
    with pytest.raises(ServiceProblem) as problem:
        store.put(b"b" * 400)
    assert problem.value.code == "store_full"
    assert store.get(waiting) is not None
    used_ago(redis, waiting, NEEDED_FOR_S + 1)
    assert store.put(b"b" * 400)


def test_a_full_store_still_takes_what_it_holds_already(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    sha = store.put(b"a" * 900)
    assert store.put(b"a" * 900) == sha


def test_an_expired_picture_frees_its_share_of_the_budget(redis: Redis) -> None:
    store = store_of(redis, budget=1000, ttl_s=100)
    sha = store.put(b"a" * 900)
    redis.delete(f"{PREFIX}picture:{sha}")
    used_ago(redis, sha, 101)
    assert store.put(b"b" * 900)
    assert redis.hlen(f"{PREFIX}pictures:sizes") == 1


def test_a_server_out_of_memory_says_so(redis: Redis) -> None:
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(REDIS_FULL):
            store_of(redis).put(b"a")
    finally:
        redis.config_set("maxmemory", 0)


def test_the_largest_picture_fits_through_the_bots_short_timeouts(redis: Redis) -> None:
    data = bytes(20 * 2**20)
    store = store_of(redis, budget=2**30)
    assert store.get(store.put(data)) == data


def test_a_dropped_picture_is_gone_and_its_room_is_free(redis: Redis) -> None:
    store = PictureStore(redis, 60, 10)
    first = store.put(b"0123456789")
    store.drop([first])
    store.drop([])
    assert store.get(first) is None
    assert store.get(store.put(b"9876543210")) == b"9876543210"


def test_the_sum_of_all_sizes_stays_right_whatever_happens(redis: Redis) -> None:
    def added_up() -> int:
        return sum(int(size) for size in redis.hvals(f"{PREFIX}pictures:sizes"))

    store = store_of(redis, budget=10_000, ttl_s=100_000)
    shas = []
    for number in range(60):
        shas.append(store.put(bytes([number]) * (100 + 7 * number)))
        used_ago(redis, shas[-1], 2 * NEEDED_FOR_S - number)
        match number % 10:
            case 3:
                store.put(bytes([number]) * (100 + 7 * number))
            case 5:
                redis.delete(
                    f"{PREFIX}picture:{shas[-1]}"
                )  # as Redis's own clock does, before the index hears of it
                store.put(bytes([number]) * (100 + 7 * number))
            case 7:
                store.drop(shas[-3:-1])
            case 9:
                with pytest.raises(ServiceProblem):
                    store.put(bytes(10_001))
        assert stored_bytes(redis) == added_up() <= 10_000
    assert added_up() > 1_000


def test_a_store_from_before_there_was_a_sum_is_added_up(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    store.put(b"a" * 600)
    redis.delete(f"{PREFIX}pictures:sum")
    assert stored_bytes(redis) == 600
    with pytest.raises(ServiceProblem):
        store.put(b"b" * 600)
