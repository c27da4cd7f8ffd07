"""Reactions against a real server: one attempt at a time, taken over after a death, tried again after a failure."""

import time
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from jobs.lifecycle.job import Jobs
from jobs.lifecycle.quota import Quota, QuotaLimits
from jobs.lifecycle.reactions import KEEP_S, Reactions
from jobs.schema import Click, RenderResult


def a_click(message_id: str = "30", palette: str = "pink") -> Click:
    return Click(message_id=message_id, channel_id="20", user_id="50", palette=palette, at=time.time())


def test_of_many_clicks_at_once_one_gets_the_claim(redis: Redis) -> None:
    reactions = Reactions(redis, Jobs(redis))
    with ThreadPoolExecutor(8) as pool:
        attempts = [a for a in pool.map(lambda _: reactions.take(a_click()), range(40)) if a]
    assert [(a.number, a.job_id) for a in attempts] == [(1, "30-pink")]
    assert reactions.take(a_click(palette="green"))
    assert reactions.take(a_click("31"))


def test_an_attempt_whose_holder_died_is_taken_over_with_its_click(redis: Redis) -> None:
    reactions = Reactions(redis, Jobs(redis))
    click = a_click()
    attempt = reactions.take(click)
    assert attempt is not None and reactions.clicks() == [click]
    (key,) = redis.keys("*reaction*")
    redis.set(key, attempt.model_copy(update={"held_until": time.time() - 1}).model_dump_json())
    again = reactions.take(click)
    assert again is not None and again.job_id == attempt.job_id, "the same nonce and job, so nothing is doubled"
    reactions.settle(again, "99")
    assert reactions.clicks() == [] and reactions.take(click) is None
    assert redis.ttl(key) > KEEP_S - 5


def test_a_failed_attempt_is_followed_by_another_and_a_posted_one_is_not(redis: Redis) -> None:
    reactions = Reactions(redis, Jobs(redis))
    first = reactions.take(a_click())
    assert first is not None
    reactions.settle(first, "99")
    Jobs(redis).finish(RenderResult(job_id="30-pink", outcome="failed", code="internal"))
    second = reactions.take(a_click())
    assert second is not None
    assert (second.number, second.job_id, second.reply_id) == (2, "30-pink-2", "99")
    reactions.settle(second, "99")
    assert reactions.take(a_click()) is None
    Jobs(redis).finish(RenderResult(job_id="30-pink-2", outcome="posted"))
    assert reactions.take(a_click()) is None


def test_a_click_that_is_answered_no_more_costs_nothing_unless_its_job_is_on_its_way(redis: Redis) -> None:
    reactions, quota = Reactions(redis, Jobs(redis)), Quota(redis)

    def charged(job_id: str) -> bool:
        limits = QuotaLimits(user_in_flight=1)
        return quota.charge(job_id, user_id="5", guild_id=None, lasts_s=60, limits=limits) is None

    for palette, settled in (("pink", False), ("green", True)):
        click = a_click(palette=palette)
        attempt = reactions.take(click)
        assert attempt is not None and charged(attempt.job_id)
        if settled:
            reactions.settle(attempt, "77")
        else:
            reactions.release(attempt, click, again=True)
        reactions.drop_click(click)
        assert reactions.clicks() == []
    assert not charged("another")


def test_a_refused_click_leaves_the_next_one_no_reply_to_look_for(redis: Redis) -> None:
    reactions, click = Reactions(redis, Jobs(redis)), a_click()
    for again, held, takes in ((False, None, 1), (True, None, 1), (False, None, 2), (False, 1.0, 2)):
        attempt = reactions.take(click)
        assert attempt is not None and attempt.takes == takes
        reactions.release(attempt, click, again=again, until=held)
    attempt = reactions.take(click)
    assert attempt is not None
    reactions.release(attempt, click, again=False, until=attempt.held_until)
    assert reactions.clicks() == [] and reactions.take(click) is None, "the claim runs out by itself"


def test_an_attempt_can_be_given_back_to_the_next_click_or_to_the_reaper(redis: Redis) -> None:
    reactions = Reactions(redis, Jobs(redis))
    click = a_click()
    for again in (False, True):
        attempt = reactions.take(click)
        assert attempt is not None
        reactions.release(attempt, click, again=again)
        assert reactions.clicks() == ([click] if again else [])
    attempt = reactions.take(click)
    assert attempt is not None
    reactions.forget(attempt)
    assert redis.keys("*reaction*") == [] and reactions.clicks() == []
