"""The ledger against a real server: promises, versions, results, claims."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from redis import Redis

from jobs.connection import PREFIX
from jobs.lifecycle.ledger import INTERIM_S, KEEP_S, LAST_WRITE_S, Ledger, Reason
from jobs.lifecycle.promises import Promises
from jobs.lifecycle.quota import Limits, Quota
from jobs.schema import Click, RenderResult
from tests.jobs.requests import a_promise, a_request


def test_a_promise_is_found_by_its_message_without_the_token(redis: Redis) -> None:
    ledger = Ledger(redis)
    request = a_request()
    ledger.promise(request)
    found = ledger.request_of("30")
    assert found is not None
    assert found.reply.token is None
    assert found.picture == request.picture
    assert ledger.request_of("31") is None
    kept = [redis.get(key) for key in redis.scan_iter() if redis.type(key) == b"string"]
    assert len(kept) == 1 and "the-interaction-token" not in str(kept[0])


def test_only_the_newest_job_may_write_to_its_message(redis: Redis) -> None:
    ledger = Ledger(redis)
    first = a_request(message_version=ledger.version_of("30", "a"))
    assert first.message_version == 1
    assert ledger.is_newest(first)
    second = a_request(message_version=ledger.version_of("30", "b"))
    assert not ledger.is_newest(first)
    assert ledger.is_newest(second)
    assert ledger.version_of("31", "a") == 1


def test_a_job_keeps_its_version_however_often_two_bots_ask(redis: Redis) -> None:
    ledger = Ledger(redis)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: ledger.version_of("30", "a"), range(40))) == {1}
    assert ledger.version_of("30", "b") == 2
    assert ledger.version_of("30", "a") == 1


def test_of_a_worker_and_a_bot_one_ends_a_job(redis: Redis) -> None:
    ledger = Ledger(redis)
    with ThreadPoolExecutor(8) as pool:
        sides: list[Literal["worker", "bot"]] = ["worker", "bot"] * 20
        answers = list(pool.map(lambda by: (by, ledger.begin_ending("40", by)), sides))
    (winner,) = {by for by, begun in answers if begun == "first"}
    assert {begun for by, begun in answers if by != winner} == {"other"}
    assert [begun for by, begun in answers if by == winner].count("again") == 19
    assert ledger.begin_ending("41", "bot") == "first"


def test_a_bot_takes_over_from_a_worker_that_is_long_gone_and_never_the_other_way(redis: Redis) -> None:
    ledger = Ledger(redis)
    ledger.begin_ending("40", "worker")
    ledger.begin_ending("41", "bot")
    for key in redis.keys("*ending*"):  # as if both had begun a minute ago
        held = redis.get(key)
        assert isinstance(held, bytes)
        who, since = held.decode().split(":")
        redis.set(key, f"{who}:{int(since) - LAST_WRITE_S - 15}")
    assert ledger.begin_ending("40", "bot") == "again"
    assert ledger.begin_ending("40", "worker") == "other"
    assert ledger.begin_ending("41", "worker") == "other"


def test_a_result_is_kept_by_job(redis: Redis) -> None:
    ledger = Ledger(redis)
    assert ledger.result_of("40") is None
    ledger.record(RenderResult(job_id="40", outcome="refused", code="broken"))
    found = ledger.result_of("40")
    assert found is not None and (found.outcome, found.code) == ("refused", "broken")


def a_click(message_id: str = "30", palette: str = "pink") -> Click:
    return Click(message_id=message_id, channel_id="20", user_id="50", palette=palette, at=time.time())


def test_of_many_clicks_at_once_one_gets_the_claim(redis: Redis) -> None:
    ledger = Ledger(redis)
    with ThreadPoolExecutor(8) as pool:
        attempts = [a for a in pool.map(lambda _: ledger.take_reaction(a_click()), range(40)) if a]
    assert [(a.number, a.job_id) for a in attempts] == [(1, "30-pink")]
    assert ledger.take_reaction(a_click(palette="green"))
    assert ledger.take_reaction(a_click("31"))


def test_an_attempt_whose_holder_died_is_taken_over_with_its_click(redis: Redis) -> None:
    ledger = Ledger(redis)
    click = a_click()
    attempt = ledger.take_reaction(click)
    assert attempt is not None and ledger.clicks() == [click]
    (key,) = redis.keys("*reaction*")
    redis.set(key, attempt.model_copy(update={"held_until": time.time() - 1}).model_dump_json())
    again = ledger.take_reaction(click)
    assert again is not None and again.job_id == attempt.job_id, "the same nonce and job, so nothing is doubled"
    ledger.settle_reaction(again, "99")
    assert ledger.clicks() == [] and ledger.take_reaction(click) is None
    assert redis.ttl(key) > KEEP_S - 5


def test_a_failed_attempt_is_followed_by_another_and_a_posted_one_is_not(redis: Redis) -> None:
    ledger = Ledger(redis)
    first = ledger.take_reaction(a_click())
    assert first is not None
    ledger.settle_reaction(first, "99")
    ledger.record(RenderResult(job_id="30-pink", outcome="failed", code="internal"))
    second = ledger.take_reaction(a_click())
    assert second is not None
    assert (second.number, second.job_id, second.reply_id) == (2, "30-pink-2", "99")
    ledger.settle_reaction(second, "99")
    assert ledger.take_reaction(a_click()) is None
    ledger.record(RenderResult(job_id="30-pink-2", outcome="posted"))
    assert ledger.take_reaction(a_click()) is None


def test_a_click_that_is_answered_no_more_costs_nothing_unless_its_job_is_on_its_way(redis: Redis) -> None:
    ledger, quota = Ledger(redis), Quota(redis)

    def charged(job_id: str) -> bool:
        limits = Limits(user_in_flight=1)
        return quota.charge(job_id, user_id="5", guild_id=None, lasts_s=60, limits=limits) is None

    for palette, settled in (("pink", False), ("green", True)):
        click = a_click(palette=palette)
        attempt = ledger.take_reaction(click)
        assert attempt is not None and charged(attempt.job_id)
        if settled:
            ledger.settle_reaction(attempt, "77")
        else:
            ledger.release_reaction(attempt, click, again=True)
        ledger.drop_click(click)
        assert ledger.clicks() == []
    assert not charged("another")


def test_an_attempt_can_be_given_back_to_the_next_click_or_to_a_sweep(redis: Redis) -> None:
    ledger = Ledger(redis)
    click = a_click()
    for again in (False, True):
        attempt = ledger.take_reaction(click)
        assert attempt is not None
        ledger.release_reaction(attempt, click, again=again)
        assert ledger.clicks() == ([click] if again else [])
    attempt = ledger.take_reaction(click)
    assert attempt is not None
    ledger.forget_reaction(attempt)
    assert redis.keys("*reaction*") == [] and ledger.clicks() == []


def test_a_result_closes_the_promise(redis: Redis) -> None:
    ledger, promises = Ledger(redis), Promises(redis)
    promises.open([a_promise("40"), a_promise("41")], look_at=0)
    ledger.record(RenderResult(job_id="40", outcome="posted"))
    assert promises.still_open(["40", "41"]) == {"41"}
    assert ledger.ended(["40", "41"]) == {"40"}


def test_nothing_is_kept_for_ever(redis: Redis) -> None:
    ledger = Ledger(redis)
    ledger.promise(a_request())
    ledger.version_of("30", "a")
    ledger.begin_ending("40", "worker")
    ledger.note_reason("40", Reason(outcome="failed", code="expired", sentence="Too late."))
    ledger.record(RenderResult(job_id="40", outcome="posted"))
    attempt = ledger.take_reaction(a_click())
    assert attempt is not None
    ledger.settle_reaction(attempt, "99")
    Promises(redis).open([a_promise("41")], look_at=0)
    assert len(redis.keys()) == 9
    assert all(redis.ttl(key) > 0 for key in redis.scan_iter())


def test_nothing_is_said_once_a_job_is_ending_or_has_ended(redis: Redis) -> None:
    ledger = Ledger(redis)
    assert ledger.begin_interim("1")
    ledger.end_interim("1")
    ledger.begin_ending("1", "worker")
    assert not ledger.begin_interim("1")
    ledger.record(RenderResult(job_id="2", outcome="posted"))
    assert not ledger.begin_interim("2")


def test_whoever_ends_a_job_waits_until_what_is_being_said_is_said(redis: Redis) -> None:
    ledger = Ledger(redis)
    assert ledger.begin_interim("1")
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(ledger.begin_ending, "1", "worker")
        while not ledger.is_ending("1"):
            time.sleep(0.01)
        assert not ending.done()
        assert not ledger.begin_interim("1")
        ledger.end_interim("1")
        assert ending.result(30) == "first"


def test_what_is_never_said_to_its_end_holds_nobody_up_for_long(redis: Redis) -> None:
    ledger = Ledger(redis)
    assert ledger.begin_interim("1")
    assert 0 < redis.pttl(f"{PREFIX}interim:1") <= INTERIM_S * 1000
    assert ledger.begin_ending("1", "bot") == "first"


def test_forgetting_deletes_a_users_records_and_nobody_elses(redis: Redis) -> None:
    ledger = Ledger(redis)
    ledger.promise(a_request(user_id="1", picture="a" * 64, reply={"message_id": "30"}))
    ledger.promise(a_request(user_id="1", picture="b" * 64, reply={"message_id": "31"}))
    ledger.promise(a_request(user_id="2", picture="c" * 64, reply={"message_id": "32"}))
    # A reply of the first's, which a click of the second's has had filled anew.
    ledger.promise(a_request(user_id="1", picture="d" * 64, reply={"message_id": "33"}))
    ledger.promise(a_request(user_id="2", picture="d" * 64, reply={"message_id": "33"}))
    assert {request.picture for request in ledger.forget("1")} == {"a" * 64, "b" * 64}
    assert [ledger.request_of(message) is None for message in ("30", "31", "32", "33")] == [
        True,
        True,
        False,
        False,
    ]
    assert not redis.exists("glyphcord:user:1")
    assert ledger.forget("1") == []
