"""Charges against a real server: limits, several bots at once, and giving back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from jobs.lifecycle.job import Jobs
from jobs.lifecycle.quota import Quota, QuotaLimits, Refused
from jobs.schema import RenderResult

FREE = QuotaLimits()


def charge(
    redis: Redis,
    job_id: str,
    limits: QuotaLimits,
    *,
    user: str = "u",
    guild: str | None = "g",
    lasts_s: float = 600,
) -> Refused | None:
    return Quota(redis).charge(job_id, user_id=user, guild_id=guild, lasts_s=lasts_s, limits=limits)


def reason(refused: Refused | None) -> str:
    return refused.reason if refused else ""


def end(redis: Redis, job_id: str, outcome: str) -> None:
    Jobs(redis).finish(RenderResult.model_validate({"job_id": job_id, "outcome": outcome}))


def test_without_limits_everything_goes(redis: Redis) -> None:
    assert not any(charge(redis, str(n), FREE) for n in range(50))


def test_so_many_at_one_time_and_a_place_is_free_once_one_has_ended(redis: Redis) -> None:
    limits = QuotaLimits(user_in_flight=2)
    assert [reason(charge(redis, job, limits)) for job in "abc"] == ["", "", "in_flight"]
    assert charge(redis, "d", limits, user="other") is None
    end(redis, "a", "posted")
    assert [reason(charge(redis, job, limits)) for job in "ce"] == ["", "in_flight"]


def test_a_job_of_which_nothing_is_heard_frees_its_place_at_its_deadline(redis: Redis) -> None:
    limits = QuotaLimits(user_in_flight=1)
    assert charge(redis, "a", limits, lasts_s=600) is None
    assert charge(redis, "b", limits) == Refused("in_flight", 0.0)
    redis.zadd("glyphcord:quota:flying:u", {"a": 1})  # long past
    assert charge(redis, "b", limits) is None


def test_pauses_are_each_users_and_each_servers(redis: Redis) -> None:
    limits = QuotaLimits(user_cooldown_s=30)
    assert charge(redis, "a", limits) is None
    refused = charge(redis, "b", limits)
    assert reason(refused) == "cooldown" and refused is not None and 0 < refused.wait_s <= 30
    assert charge(redis, "b", limits, user="other") is None
    server = QuotaLimits(server_cooldown_s=30)
    assert charge(redis, "c", server, user="third", guild="h") is None
    assert reason(charge(redis, "d", server, user="fourth", guild="h")) == "server_cooldown"
    assert charge(redis, "d", server, user="fourth", guild=None) is None


def test_a_daily_number_and_when_the_next_day_begins(redis: Redis) -> None:
    limits = QuotaLimits(user_daily=2, server_daily=3)
    assert [reason(charge(redis, job, limits)) for job in "abc"] == ["", "", "daily"]
    refused = charge(redis, "c", limits)
    assert refused is not None and 0 < refused.wait_s <= 24 * 3600
    assert charge(redis, "c", limits, user="v") is None
    assert reason(charge(redis, "d", limits, user="w")) == "server_daily"


@pytest.mark.parametrize(
    ("outcome", "again"), [("failed", ""), ("cancelled", ""), ("posted", "daily"), ("refused", "daily")]
)
def test_what_failed_on_our_side_is_given_back(redis: Redis, outcome: str, again: str) -> None:
    limits = QuotaLimits(user_daily=1)
    assert charge(redis, "a", limits) is None
    end(redis, "a", outcome)
    end(redis, "a", outcome)  # by two at once, say
    assert reason(charge(redis, "b", limits)) == again
    if not again:
        assert reason(charge(redis, "c", limits)) == "daily"


def test_a_refused_job_costs_nothing(redis: Redis) -> None:
    limits = QuotaLimits(user_in_flight=1, user_daily=2)
    assert [reason(charge(redis, job, limits)) for job in "abbbb"] == ["", *["in_flight"] * 4]
    end(redis, "a", "posted")
    assert charge(redis, "c", limits) is None


def test_two_bots_charge_one_job_once_and_many_jobs_to_the_limit(redis: Redis) -> None:
    limits = QuotaLimits(user_daily=7)
    with ThreadPoolExecutor(8) as pool:
        twice = list(pool.map(lambda _: reason(charge(redis, "a", limits)), range(8)))
        rest = list(pool.map(lambda n: reason(charge(redis, str(n), limits)), range(20)))
    assert twice == [""] * 8
    assert sorted(rest) == [""] * 6 + ["daily"] * 14


def test_giving_back_twice_gives_back_once(redis: Redis) -> None:
    limits = QuotaLimits(user_daily=2)
    assert [reason(charge(redis, job, limits)) for job in "ab"] == ["", ""]
    Jobs(redis).refund("a")
    Jobs(redis).refund("a")
    assert [reason(charge(redis, job, limits)) for job in "cd"] == ["", "daily"]


def test_each_picture_of_a_job_counts(redis: Redis) -> None:
    def ask(job_id: str, pictures: int, limits: QuotaLimits) -> str:
        found = Quota(redis).charge(
            job_id, user_id="u", guild_id=None, lasts_s=60, limits=limits, pictures=pictures
        )
        return reason(found)

    daily = QuotaLimits(user_daily=5)
    assert [ask("a", 3, daily), ask("a", 3, daily), ask("b", 3, daily), ask("b", 2, daily)] == [
        "",
        "",
        "daily_rest",
        "",
    ]
    assert ask("c", 1, daily) == "daily"
    end(redis, "a", "failed")
    assert [ask("c", 3, daily), ask("d", 1, daily)] == ["", "daily"]
    flying = QuotaLimits(user_in_flight=6)
    assert [ask("e", 10, flying), ask("f", 1, flying)] == ["", "in_flight"]
    for job in ("b", "c", "e"):
        end(redis, job, "posted")
    assert redis.zcard("glyphcord:quota:flying:u") == 0 and ask("f", 6, flying) == ""
