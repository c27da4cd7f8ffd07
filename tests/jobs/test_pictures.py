"""The store of pictures against a real server: budget, order of eviction, TTL, and nobody's share too large."""

import hashlib
import itertools
import random
import time
from collections.abc import Callable
from typing import Any, cast, get_args

import pytest
from redis import Redis

from jobs.connection import PREFIX, REDIS_FULL
from jobs.lifecycle.job import BOT, Jobs
from jobs.pictures import MARGIN_S, Hold, PictureStore, stored_bytes
from jobs.records import record_key
from jobs.schema import Outcome, RenderResult
from jobs.text.sentences import ServiceProblem
from tests.jobs.requests import a_pending_reply

TTL_S = 7 * 24 * 3600
HOUR_S = 3600
_numbers = itertools.count(1000)


def store_of(redis: Redis, budget: int = 1000, ttl_s: int = TTL_S) -> PictureStore:
    return PictureStore(redis, ttl_s, budget)


def used_ago(redis: Redis, sha: str, seconds: float) -> None:
    """Let the store believe that a picture was last used some time ago."""
    for key in (f"{PREFIX}pictures:used", *redis.keys(f"{PREFIX}pictures:of:*")):
        redis.zadd(key, {sha: time.time() - seconds}, xx=True)


def a_job(redis: Redis, user: str = "50", server: str | None = "60", *, lasts_s: float = HOUR_S) -> Hold:
    """A job that waits."""
    job_id = str(next(_numbers))
    Jobs(redis).open(a_pending_reply(job_id), look_at=time.time() + HOUR_S)
    return Hold(job_id, user, server, time.time() + lasts_s)


def ends(redis: Redis, job: Hold, outcome: Outcome = "posted") -> None:
    Jobs(redis).finish(RenderResult(job_id=job.job_id, outcome=outcome))


def fresh(size: int) -> bytes:
    """Bytes that nobody has stored."""
    return next(_numbers).to_bytes(8, "big") * (size // 8) + bytes(size % 8)


def refused(put: Callable[[], object]) -> str:
    with pytest.raises(ServiceProblem) as problem:
        put()
    return problem.value.code


def test_a_picture_comes_back_under_its_hash(redis: Redis) -> None:
    store = store_of(redis)
    data = bytes(range(256))
    sha = store.put(data)
    assert sha == hashlib.sha256(data).hexdigest()
    assert store.get(sha) == data
    assert store.put(data) == sha
    assert store.get("0" * 64) is None


def test_a_picture_expires_and_a_job_that_needs_it_renews_it(redis: Redis) -> None:
    store = store_of(redis)
    sha = store.put(b"x")
    key = f"{PREFIX}picture:{sha}"
    assert TTL_S - 5 < redis.ttl(key) <= TTL_S
    redis.expire(key, 10)
    assert store.hold([sha, "0" * 64], a_job(redis)) == store.present([sha, "0" * 64])
    assert redis.ttl(key) > TTL_S - 5
    redis.delete(key)
    assert store.hold([sha], a_job(redis)) == store.hold([], a_job(redis)) == []


def test_the_one_unused_the_longest_makes_room(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    oldest, older = store.put(b"a" * 400), store.put(b"b" * 400)
    used_ago(redis, oldest, 3 * HOUR_S)
    used_ago(redis, older, 2 * HOUR_S)
    new = store.put(b"c" * 400)
    assert store.get(oldest) is None
    assert store.get(older) is not None
    assert store.get(new) is not None


def test_one_that_was_drawn_again_outlives_one_that_was_not(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    first, second = store.put(b"a" * 400), store.put(b"b" * 400)
    used_ago(redis, first, 3 * HOUR_S)
    used_ago(redis, second, 2 * HOUR_S)
    job = a_job(redis)
    assert store.hold([first], job) == [first]
    ends(redis, job)
    store.put(b"c" * 400)
    assert store.get(first) is not None
    assert store.get(second) is None


def test_a_picture_that_a_job_draws_several_times_is_needed_once(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    sha = store.put(b"a" * 400)
    assert store.hold([sha] * 4, a_job(redis)) == [sha]


def test_a_full_store_still_takes_what_it_holds_already(redis: Redis) -> None:
    store = store_of(redis, budget=1000)
    sha = store.put(b"a" * 900, a_job(redis))
    assert store.put(b"a" * 900, a_job(redis, "51")) == sha


# --- needed only while a job runs -----------------------------------------------------------------------------


def test_a_picture_that_a_job_needs_is_never_pushed_out(redis: Redis) -> None:
    store, job = store_of(redis, budget=1000), a_job(redis)
    waiting = store.put(b"a" * 800, job)
    used_ago(redis, waiting, 5 * 24 * HOUR_S)
    assert refused(lambda: store.put(b"b" * 400)) == "store_full"
    assert refused(lambda: store.put(b"b" * 400, a_job(redis, "51"))) == "store_full"
    assert store.get(waiting) is not None
    ends(redis, job)
    assert store.put(b"b" * 400)
    assert store.get(waiting) is None


def cancelled(redis: Redis, job: Hold) -> None:
    assert Jobs(redis).cancel(job.job_id).value == "queued"  # no worker has it, nor will
    ends(redis, job, "cancelled")


def abandoned(redis: Redis, job: Hold) -> None:
    Jobs(redis).abandon(job.job_id, "a-try")
    ends(redis, job, "refused")


def taken_over(redis: Redis, job: Hold) -> None:
    Jobs(redis).claim(job.job_id, BOT)
    ends(redis, job, "failed")


def lost(redis: Redis, job: Hold) -> None:
    redis.delete(record_key(job.job_id))


def overdue(redis: Redis, job: Hold) -> None:
    """Nobody has ever ended it."""
    until, rest = table(redis, "holds")[job.job_id].split(" ", 1)
    assert abs(float(until) - job.until - MARGIN_S) < 60
    redis.hset(f"{PREFIX}pictures:holds", job.job_id, f"{time.time() - 2:.0f} {rest}")


def only_ends(outcome: Outcome) -> Callable[[Redis, Hold], None]:
    return lambda redis, job: ends(redis, job, outcome)


@pytest.mark.parametrize(
    "end", [*map(only_ends, get_args(Outcome)), *(cancelled, abandoned, taken_over, lost, overdue)]
)
def test_however_a_job_ends_its_picture_makes_room(redis: Redis, end: Callable[[Redis, Hold], None]) -> None:
    store, job, other = store_of(redis, budget=1000), a_job(redis), a_job(redis, "51", "61")
    ended, running = store.put(b"a" * 500, job), store.put(b"b" * 100, other)
    end(redis, job)
    assert store.put(b"c" * 700, a_job(redis, "52", "62"))
    assert store.get(ended) is None and store.get(running) is not None


def test_a_picture_of_two_jobs_stays_until_both_have_ended(redis: Redis) -> None:
    store, first, second = store_of(redis, budget=1000), a_job(redis), a_job(redis, "51")
    sha = store.put(b"a" * 800, first)
    assert store.hold([sha], second) == [sha]
    ends(redis, first)
    assert refused(lambda: store.put(b"b" * 400)) == "store_full"
    ends(redis, second)
    assert store.put(b"b" * 400)


# --- nobody's share too large ---------------------------------------------------------------------------------

MB = 2**14  # smaller than what it stands for: the shares are of the budget


def test_one_member_cannot_keep_the_others_out(redis: Redis) -> None:
    """The attack as it was: one member's waiting pictures filled the store, and everybody else was refused."""
    store = store_of(redis, budget=64 * MB)
    taken, code = 0, ""
    while not code:
        try:
            store.put(fresh(2 * MB), a_job(redis, "666"))
            taken += 1
        except ServiceProblem as problem:
            code = problem.code
    assert code == "person_full" and 8 <= taken <= 64 // 2 // 3
    for user in range(20):
        for _ in range(2):
            store.put(fresh(MB // 2), a_job(redis, str(user), str(user % 7)))


def test_one_server_cannot_keep_the_others_out(redis: Redis) -> None:
    store = store_of(redis, budget=64 * MB)
    users, code = itertools.count(1), ""
    while not code:
        try:
            store.put(fresh(2 * MB), a_job(redis, str(next(users)), "666"))
        except ServiceProblem as problem:
            code = problem.code
    assert code == "server_full" and next(users) - 2 == 16, "half of it"
    for number in range(4):
        store.put(fresh(2 * MB), a_job(redis, f"9{number}", "61"))
    store.put(fresh(2 * MB), a_job(redis, "99", None))


def test_whose_pictures_are_done_may_send_more(redis: Redis) -> None:
    store = store_of(redis, budget=64 * MB)
    for _ in range(100):
        job = a_job(redis)
        store.put(fresh(2 * MB), job)
        ends(redis, job)
    assert stored_bytes(redis) == 64 * MB


def test_a_first_picture_only_has_to_fit(redis: Redis) -> None:
    store = store_of(redis, budget=10 * MB)
    store.put(fresh(9 * MB), a_job(redis))
    assert refused(lambda: store.put(fresh(MB // 2), a_job(redis))) == "person_full"
    assert refused(lambda: store.put(fresh(MB // 2), a_job(redis, "51"))) == "server_full"
    assert store.put(fresh(MB // 2), a_job(redis, "52", "61"))
    assert refused(lambda: store.put(fresh(2 * MB), a_job(redis, "53", "62"))) == "store_full"


def test_drawing_old_pictures_again_is_no_way_around_a_share(redis: Redis) -> None:
    store = store_of(redis, budget=64 * MB)
    shas = []
    for _ in range(20):
        job = a_job(redis)
        shas.append(store.put(fresh(2 * MB), job))
        ends(redis, job)
    attacker = [a_job(redis, "666") for _ in range(20)]
    held = 0
    for sha, job in zip(shas, attacker, strict=True):
        try:
            held += len(store.hold([sha], job))
        except ServiceProblem as problem:
            assert problem.code == "person_full"
    assert 8 <= held <= 10
    assert store.hold(shas[:1], a_job(redis, "666")), "what they need already costs nothing more"
    assert refused(lambda: store.hold(shas, a_job(redis, "51", "61"))) == "person_full"
    assert store.put(fresh(2 * MB), a_job(redis, "51", "61"))


def test_who_sends_a_flood_makes_room_among_their_own(redis: Redis) -> None:
    """Each of the flood's pictures is drawn at once; those of the others are there for a later reaction."""
    store = store_of(redis, budget=64 * MB)
    others = []
    for user in range(40):
        job = a_job(redis, str(user), str(user % 7))
        others.append(store.put(fresh(MB), job))
        ends(redis, job)
        used_ago(redis, others[-1], HOUR_S)
    for _ in range(200):
        job = a_job(redis, "666", "667")
        last = store.put(fresh(2 * MB), job)
        ends(redis, job)
    assert all(store.get(sha) is not None for sha in others) and store.get(last) is not None
    users = itertools.count(1000)
    for _ in range(200):  # and by ever new members of one server
        job = a_job(redis, str(next(users)), "668")
        store.put(fresh(2 * MB), job)
        ends(redis, job)
    assert sum(store.get(sha) is not None for sha in others) >= 8


def test_nothing_gets_out_of_step_among_many_members(redis: Redis) -> None:
    """Members at random: they send, send what others have sent, draw again, finish, forget."""
    chance, budget = random.Random(7), 4 * MB
    store, running, shas = store_of(redis, budget=budget), list[tuple[Hold, str]](), [b"".hex()]
    for number in range(1200):
        user = str(chance.choice([1, 1, 1, *range(2, 12)]))
        job = a_job(redis, user, chance.choice(["60", "60", "61", None]))
        try:
            match chance.randrange(10):
                case 0:
                    store.forget(user)
                    # What they have sent goes, whoever draws it again.
                    running = [one for one in running if one[0].user_id != user and store.get(one[1])]
                case 1 | 2:
                    shas = shas[-50:]
                    for sha in store.hold([chance.choice(shas)], job):
                        running.append((job, sha))
                case 3:
                    sha = store.put(bytes([number % 5]) * 800, job)
                    running.append((job, sha))
                case _:
                    shas.append(store.put(fresh(chance.randrange(100, 6_000)), job))
                    running.append((job, shas[-1]))
        except ServiceProblem as problem:
            assert problem.code in ("store_full", "person_full", "server_full")
        while len(running) > chance.randrange(1, 30):
            ends(redis, running.pop(chance.randrange(len(running)))[0])
        if number % 40 == 0:
            check_books(redis, budget, {sha for _, sha in running})
    for job, _ in running:
        ends(redis, job)
    for number in range(12):
        store.forget(str(number))
    assert not redis.keys(f"{PREFIX}picture:*") and not redis.keys(f"{PREFIX}pictures:of:*")
    assert (
        stored_bytes(redis) == redis.hlen(f"{PREFIX}pictures:owners") == redis.hlen(f"{PREFIX}pictures:bytes") == 0
    )


def table(redis: Redis, name: str) -> dict[str, str]:
    found: dict[bytes, bytes] = cast(Any, redis.hgetall(f"{PREFIX}pictures:{name}"))
    return {field.decode(): value.decode() for field, value in found.items()}


def check_books(redis: Redis, budget: int, needed: set[str]) -> None:
    sizes = {sha: int(size) for sha, size in table(redis, "sizes").items()}
    assert stored_bytes(redis) == sum(sizes.values()) <= budget
    stored: list[bytes] = cast(Any, redis.keys(f"{PREFIX}picture:*"))
    assert {key.decode().rpartition(":")[2] for key in stored} == set(sizes)
    owners = table(redis, "owners")
    for owner, size in table(redis, "bytes").items():
        own = {sha for sha, whose in owners.items() if owner in whose.split()}
        listed: list[bytes] = cast(Any, redis.zrange(f"{PREFIX}pictures:of:{owner}", 0, -1))
        assert own == {sha.decode() for sha in listed}
        assert int(size) == sum(sizes[sha] for sha in own)
    assert needed <= set(sizes), "one that a job needs was pushed out"


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


def test_a_forgotten_picture_is_gone_and_its_room_is_free(redis: Redis) -> None:
    store = PictureStore(redis, 60, 10)
    first = store.put(b"0123456789", a_job(redis))
    assert store.forget("50") == 1 and store.forget("50") == 0
    assert store.get(first) is None
    assert store.get(store.put(b"9876543210")) == b"9876543210"


def test_what_another_has_sent_too_is_theirs(redis: Redis) -> None:
    store = store_of(redis)
    both, mine = store.put(b"both", a_job(redis)), store.put(b"mine", a_job(redis))
    assert store.put(b"both", a_job(redis, "51")) == both
    assert store.hold([both, mine], a_job(redis, "52")) == [both, mine]
    assert store.forget("52") == 0, "who merely reacted has sent nothing"
    assert store.get(both) and store.get(mine)
    assert store.forget("50") == 2
    assert store.get(both) and not store.get(mine)
    assert table(redis, "owners") == {both: "server:60 user:51"} and "user:50" not in table(redis, "bytes")
    assert store.forget("51") == 1 and not store.get(both)


def test_one_from_before_it_was_known_whose_it_is_is_forgotten_by_its_hash(redis: Redis) -> None:
    store = store_of(redis)
    old, known = store.put(b"old"), store.put(b"known", a_job(redis, "51"))
    assert store.forget("50", [old, known, "0" * 64]) == 1
    assert not store.get(old) and store.get(known)


def test_the_sum_of_all_sizes_stays_right_whatever_happens(redis: Redis) -> None:
    def added_up() -> int:
        return sum(int(size) for size in redis.hvals(f"{PREFIX}pictures:sizes"))

    store = store_of(redis, budget=10_000, ttl_s=100_000)
    shas = []
    for number in range(60):
        shas.append(store.put(bytes([number]) * (100 + 7 * number)))
        used_ago(redis, shas[-1], 2 * HOUR_S - number)
        match number % 10:
            case 3:
                store.put(bytes([number]) * (100 + 7 * number))
            case 5:
                redis.delete(
                    f"{PREFIX}picture:{shas[-1]}"
                )  # as Redis's own clock does, before the index hears of it
                store.put(bytes([number]) * (100 + 7 * number))
            case 7:
                store.forget("50", shas[-3:-1])
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
    store.put(b"b" * 600)
    assert redis.get(f"{PREFIX}pictures:sum") == b"600", "the first made room"
