"""A job's record against a real server: every transition, by whom, and what stays out of it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from jobs.lifecycle.job import BOT, BOT_CLAIM_S, NOTICE_S, PENDING, Claim, EndReason, Jobs
from jobs.lifecycle.messages import Messages
from jobs.lifecycle.reactions import Reactions
from jobs.records import record_key
from jobs.rq_adapter.queue import enqueue, job_key, render_queue, states, withdraw
from jobs.schema import RenderResult
from tests.jobs.requests import a_pending_reply, a_request, claimed_long_ago
from tests.jobs.test_reactions import a_click

REASON = EndReason(outcome="failed", code="expired", sentence="Too late.")


@pytest.fixture
def jobs(redis: Redis) -> Jobs:
    return Jobs(redis)


# --- who may write ----------------------------------------------------------------------------------------


def test_of_a_worker_and_a_bot_one_ends_a_job(jobs: Jobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        holders = [BOT if number % 2 else f"try-{number}" for number in range(40)]
        answers = list(pool.map(lambda holder: (holder == BOT, jobs.claim("40", holder)), holders))
    bots = [claim for by_bot, claim in answers if by_bot]
    tries = [claim for by_bot, claim in answers if not by_bot]
    won, lost = (bots, set(tries)) if Claim.TAKEN in tries else (tries, set(bots))
    assert lost == {Claim.TAKEN}
    assert won == bots or sorted(tries) == [Claim.AGAIN] * 19 + [Claim.GRANTED]
    assert won != bots or sorted(bots) == [Claim.GRANTED] + [Claim.TAKEN] * 19, "one bot, and not all"
    assert jobs.claim("41", BOT) is Claim.GRANTED


def test_a_bot_takes_over_from_a_worker_that_is_long_gone_and_never_the_other_way(jobs: Jobs, redis: Redis) -> None:
    claimed_long_ago(redis, "40")
    jobs.claim("41", BOT)
    redis.hincrbyfloat(record_key("41"), "since", -60)
    assert jobs.claim("40", BOT) is Claim.AGAIN
    assert jobs.claim("40", "a-try") is Claim.TAKEN
    assert jobs.claim("41", "a-try") is Claim.TAKEN


@pytest.mark.parametrize("cancelled", [False, True], ids=["by the reaper", "by a cancel"])
def test_what_a_bot_is_ending_no_bot_ends_meanwhile(jobs: Jobs, redis: Redis, cancelled: bool) -> None:
    another = Jobs(redis)
    jobs.open(a_pending_reply("40"), look_at=0)
    enqueue(redis, a_request())
    assert (jobs.cancel("40", REASON) if cancelled else jobs.claim("40", BOT)) is Claim.GRANTED
    assert another.due(most=1) == [], "nobody is to look at it again at once"
    assert another.claim("40", BOT) is another.cancel("40") is jobs.cancel("40") is Claim.TAKEN
    assert another.reason_of("40") == (REASON if cancelled else None)
    redis.hincrbyfloat(record_key("40"), "since", -BOT_CLAIM_S - 1)  # and then that bot has died
    assert another.claim("40", BOT) is Claim.GRANTED
    assert jobs.claim("40", BOT) is Claim.TAKEN


def test_a_bot_that_cannot_say_it_gives_it_back_to_bots_alone(jobs: Jobs) -> None:
    jobs.open(a_pending_reply("40"), look_at=0)
    jobs.claim("40", BOT)
    jobs.release("40", look_at=1)
    assert [pending.job_id for pending in jobs.due(most=1)] == ["40"]
    assert jobs.claim("40", "a-try") is Claim.TAKEN
    assert jobs.claim("40", BOT) is Claim.GRANTED
    jobs.claim("41", "a-try")
    jobs.release("41", look_at=1)
    assert jobs.claim("41", BOT) is Claim.TAKEN, "a worker's claim is no bot's to give back"


def test_only_the_try_that_began_may_say_that_there_is_no_picture(jobs: Jobs) -> None:
    assert jobs.claim("40", "first") is Claim.GRANTED
    assert jobs.abandon("40", "first", REASON) is Claim.GRANTED, "its own picture was refused"
    assert jobs.abandon("40", "second", REASON) is Claim.LEFT
    assert jobs.claim("40", "second") is Claim.AGAIN, "the picture itself may be posted twice"
    assert jobs.abandon("40", "second", REASON) is Claim.LEFT, "and yet nobody knows what stands there"
    assert jobs.abandon("41", "first") is Claim.GRANTED


def test_an_abandoned_job_is_looked_at_soon_and_its_reason_is_kept(jobs: Jobs) -> None:
    jobs.open(a_pending_reply("40"), look_at=time.time() + 60)
    jobs.claim("40", BOT)
    assert jobs.due(most=1) == [] and jobs.reason_of("40") is None
    assert jobs.abandon("40", "a-try", REASON) is Claim.LEFT
    assert [pending.job_id for pending in jobs.due(most=1)] == ["40"]
    assert jobs.reason_of("40") == REASON


def test_a_job_with_a_newer_one_on_its_message_is_stale(jobs: Jobs, redis: Redis) -> None:
    messages = Messages(redis)
    first = a_request(message_version=messages.version_of("30", "40"))
    assert jobs.claim("40", "a-try", request=first) is Claim.GRANTED
    messages.version_of("30", "41")
    assert jobs.claim("40", "a-try", request=first) is Claim.STALE
    assert jobs.abandon("40", "a-try", REASON, request=first) is Claim.STALE


def test_what_has_ended_stays_so(jobs: Jobs) -> None:
    jobs.finish(RenderResult(job_id="40", outcome="posted", palette="pink"))
    assert jobs.claim("40", "a-try") is jobs.claim("40", BOT) is Claim.ENDED
    assert jobs.abandon("40", "a-try", REASON) is jobs.cancel("40") is Claim.ENDED
    jobs.open(a_pending_reply("40"), look_at=0)
    jobs.finish(RenderResult(job_id="40", outcome="failed", code="lost"))
    result = jobs.result_of("40")
    assert result is not None and (result.outcome, result.palette) == ("posted", "pink")
    assert jobs.due(most=1) == [] and jobs.reason_of("40") is None


def test_a_picture_that_came_all_the_same_is_what_counts(jobs: Jobs) -> None:
    jobs.finish(RenderResult(job_id="40", outcome="failed", code="lost"))
    jobs.finish(RenderResult(job_id="40", outcome="posted", columns=90))
    result = jobs.result_of("40")
    assert result is not None and (result.outcome, result.columns) == ("posted", 90)


def test_a_worker_may_add_what_it_drew_to_what_a_bot_saw(jobs: Jobs) -> None:
    jobs.finish(RenderResult(job_id="40", outcome="posted"))
    jobs.finish(RenderResult(job_id="40", outcome="posted", columns=90))
    result = jobs.result_of("40")
    assert result is not None and result.columns == 90


def test_a_bot_says_nothing_while_a_worker_has_the_job(jobs: Jobs, redis: Redis) -> None:
    enqueue(redis, a_request())
    assert jobs.claim_unqueued("40") is Claim.QUEUED
    redis.hset(job_key("40"), "status", "finished")
    assert jobs.claim_unqueued("40") is Claim.GRANTED
    assert jobs.claim_unqueued("41") is Claim.GRANTED


def test_a_result_is_kept_by_job(jobs: Jobs) -> None:
    assert jobs.result_of("40") is None
    jobs.finish(RenderResult(job_id="40", outcome="refused", code="broken"))
    found = jobs.result_of("40")
    assert found is not None and (found.outcome, found.code) == ("refused", "broken")


def test_a_result_of_the_version_before_is_read(jobs: Jobs, redis: Redis) -> None:
    old = RenderResult(job_id="40", outcome="posted", background="dark")
    redis.set("glyphcord:job:40", old.model_dump_json())
    assert jobs.result_of("40") == old


# --- cancel and progress ----------------------------------------------------------------------------------


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_by_its_worker(jobs: Jobs, redis: Redis) -> None:
    enqueue(redis, a_request())
    assert jobs.cancel("40") is Claim.GRANTED
    assert jobs.claim("40", "a-try") is Claim.TAKEN
    enqueue(redis, a_request(job_id="41"))
    redis.hset(job_key("41"), "status", "started")
    assert not jobs.progress("41")
    assert jobs.cancel("41") is Claim.QUEUED
    assert jobs.progress("41") and jobs.progress("41", (1, 3))
    assert jobs.claim("41", "a-try") is Claim.GRANTED


def test_an_operators_stop_is_left_to_the_worker(jobs: Jobs, redis: Redis) -> None:
    enqueue(redis, a_request())
    assert jobs.cancel("40", take_over=False) is Claim.QUEUED
    assert jobs.progress("40") and jobs.claim("40", "a-try") is Claim.GRANTED


# --- notices ----------------------------------------------------------------------------------------------


def test_nothing_is_said_once_a_job_is_ending_or_has_ended(jobs: Jobs) -> None:
    assert jobs.begin_notice("1")
    jobs.end_notice("1")
    jobs.claim("1", "a-try")
    assert not jobs.begin_notice("1")
    jobs.finish(RenderResult(job_id="2", outcome="posted"))
    assert not jobs.begin_notice("2")


def test_whoever_ends_a_job_waits_until_what_is_being_said_is_said(jobs: Jobs, redis: Redis) -> None:
    assert jobs.begin_notice("1")
    with ThreadPoolExecutor(1) as pool:
        claim = pool.submit(jobs.claim, "1", "a-try")
        while redis.hget(record_key("1"), "state") != b"writing":
            time.sleep(0.01)
        assert not claim.done()
        assert not jobs.begin_notice("1")
        jobs.end_notice("1")
        assert claim.result(30) is Claim.GRANTED


def test_what_is_never_said_to_its_end_holds_nobody_up_for_long(jobs: Jobs, redis: Redis) -> None:
    assert jobs.begin_notice("1")
    until = float(redis.hget(record_key("1"), "notice_until") or 0)
    assert 0 < until - time.time() <= NOTICE_S + 1
    assert jobs.claim("1", BOT) is Claim.GRANTED


# --- pending replies --------------------------------------------------------------------------------------


def test_a_pending_reply_is_due_when_its_time_has_come(jobs: Jobs) -> None:
    now = time.time()
    early, late = a_pending_reply("1"), a_pending_reply("2")
    jobs.open(late, look_at=now - 1)
    jobs.open(early, look_at=now - 2)
    jobs.open(a_pending_reply("3"), look_at=now + 60)
    assert jobs.due(most=10) == [early, late]
    assert jobs.due(most=1) == [early]
    jobs.look_later(["1", "3"], look_at=now + 60)
    assert jobs.due(most=10) == [late]


def test_what_is_announced_twice_stays_as_it_was(jobs: Jobs) -> None:
    first = a_pending_reply("1")
    jobs.open(first, look_at=0, once=True)
    jobs.open(a_pending_reply("1", since=5.0), look_at=time.time() + 60, once=True)
    assert jobs.due(most=1) == [first]


def test_a_result_ends_the_wait(jobs: Jobs) -> None:
    for job_id in ("40", "41"):
        jobs.open(a_pending_reply(job_id), look_at=0)
    assert jobs.count_pending() == 2
    jobs.finish(RenderResult(job_id="40", outcome="posted"))
    jobs.look_later(["40"], look_at=0)
    assert [pending.job_id for pending in jobs.due(most=10)] == ["41"]
    assert jobs.still_pending(["40", "41"]) == {"41"} and jobs.still_pending([]) == set()
    assert jobs.ended(["40", "41"]) == {"40"} and jobs.ended([]) == set()


def test_whoever_waited_when_the_bots_were_updated_is_taken_over(jobs: Jobs, redis: Redis) -> None:
    waiting = a_pending_reply("40")
    redis.hset("glyphcord:open", mapping={"40": waiting.model_dump_json(), "41": "another program's"})
    redis.zadd("glyphcord:open:look_at", {"40": 0, "41": 0})
    jobs.adopt()
    jobs.look_later(["40"], look_at=0)
    assert jobs.due(most=2) == [waiting] and not redis.exists("glyphcord:open", "glyphcord:open:look_at")
    jobs.adopt()
    assert jobs.count_pending() == 1


def test_what_cannot_be_read_is_passed_over_once(jobs: Jobs, redis: Redis) -> None:
    for job_id in ("1", "2"):
        jobs.open(a_pending_reply(job_id), look_at=0)
    redis.hset(record_key("1"), "reply", "another program's")
    assert [pending.job_id for pending in jobs.due(most=10)] == ["2"]
    assert redis.zscore(PENDING, "1") is None


def test_the_token_is_kept_until_the_job_has_ended_and_not_shown(jobs: Jobs, redis: Redis) -> None:
    jobs.open(a_pending_reply("1"), look_at=0)
    (found,) = jobs.due(most=1)
    assert found.reply.token == "the-interaction-token"
    assert "the-interaction-token" not in repr(found)
    jobs.finish(RenderResult(job_id="1", outcome="posted"))
    assert redis.keys() == [record_key("1").encode()]
    assert "the-interaction-token" not in str(redis.hgetall(record_key("1")))


def test_nothing_is_kept_for_ever(jobs: Jobs, redis: Redis) -> None:
    messages, reactions = Messages(redis), Reactions(redis, jobs)
    messages.remember(a_request())
    messages.version_of("30", "40")
    jobs.claim("40", "a-try")
    jobs.finish(RenderResult(job_id="40", outcome="posted"), seconds=1.0)
    attempt = reactions.take(a_click())
    assert attempt is not None
    reactions.settle(attempt, "99")
    jobs.open(a_pending_reply("41"), look_at=0)
    jobs.progress("42", (1, 3))
    jobs.begin_notice("43")
    jobs.abandon("44", "a-try", REASON)
    jobs.cancel("45")
    assert len(redis.keys()) == 12
    assert all(redis.ttl(key) > 0 for key in redis.scan_iter())


# --- RQ ---------------------------------------------------------------------------------------------------


def test_a_waiting_job_can_be_withdrawn_and_a_running_one_stays(redis: Redis) -> None:
    enqueue(redis, a_request())
    assert states(redis, ["40", "41"]) == ["queued", None]
    withdraw(redis, "40")
    assert states(redis, ["40"]) == [None] and render_queue(redis).count == 0
    enqueue(redis, a_request())
    redis.lpop(render_queue(redis).key)
    withdraw(redis, "40")
    assert states(redis, ["40"]) == ["queued"]
    assert states(redis, []) == []
