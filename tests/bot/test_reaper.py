"""Nobody waits for ever: what the reaper finds and what it leaves alone. Time passes by what stands in Redis."""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from devstack.proxy import Proxy
from jobs.connection import PREFIX
from jobs.lifecycle.job import NO_ID, PENDING, REFUSALS, REFUSED_S, Claim, EndReason, Jobs, PendingReply
from jobs.lifecycle.quota import Quota
from jobs.lifecycle.reactions import Attempt, Reactions
from jobs.records import record_key
from jobs.rq_adapter.queue import render_queue, states, withdraw
from jobs.schema import RenderRequest, RenderResult, Reply
from jobs.text.sentences import SENTENCES, is_interim
from playground.testing import MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, queued
from tests.bot.test_reaction import replies_to
from tests.bot.test_slash import NO_WORKER, a_worker_reports
from tests.fork_server import forked_playground
from tests.jobs.requests import claimed_long_ago
from tests.sentences import plain

Used = dict[str, Any]


@pytest.fixture
def own(redis: Redis) -> Iterator[PlaygroundProcess]:
    """A playground for this test alone, and a Redis without jobs."""
    with forked_playground() as process:
        yield process


def a_waiting_job(controls: Controls, redis: Redis, **options: object) -> tuple[Used, RenderRequest]:
    """Somebody's /ascii, on the queue."""
    used = controls.slash("ascii", options, files={"image": a_png()})
    (request,) = controls.wait_for(lambda: [r for r in queued(redis) if r.job_id == used["interaction_id"]])
    return used, request


def port_of(redis_url: str) -> int:
    return int(redis_url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])


def promise_of(redis: Redis, job_id: str) -> PendingReply:
    return PendingReply.model_validate_json(redis.hget(record_key(job_id), "reply") or b"")


def let_time_pass(redis: Redis, job_id: str, **changes: object) -> None:
    """The pending reply is due now; with changes to it, such as a deadline that is over."""
    changed = promise_of(redis, job_id).model_copy(update=changes)
    redis.hset(record_key(job_id), "reply", changed.model_dump_json())
    redis.zadd(PENDING, {job_id: 0})


def let_it_be_refused(redis: Redis, job_id: str) -> None:
    """As if Discord had refused every way to its message for a minute."""
    redis.hset(record_key(job_id), mapping={"refusals": REFUSALS, "refused_since": time.time() - REFUSED_S})


def ended(controls: Controls, redis: Redis, used: Used) -> tuple[str, str]:
    """Outcome and code, once the job has them."""
    controls.wait_for(lambda: Jobs(redis).result_of(used["interaction_id"]))
    result = Jobs(redis).result_of(used["interaction_id"])
    assert result is not None
    assert Jobs(redis).still_pending([used["interaction_id"]]) == set()
    return result.outcome, result.code


def content(controls: Controls, used: Used) -> str:
    """What the answer says; nothing between a public answer that is taken away and the private one."""
    answer = controls.answer_to(used)
    return "" if answer is None else str(answer["content"])


def post_a_picture(playground: PlaygroundProcess, reply: Reply) -> None:
    """What a worker does, up to the moment before it writes that down."""
    name, data, _ = a_png()
    payload = json.dumps({"content": "pink · 64×32", "attachments": [{"id": 0, "filename": name}]}).encode()
    edge = b"edge-of-part"
    body = b"".join(
        b"--" + edge + b'\r\nContent-Disposition: form-data; name="' + head + b"\r\n\r\n" + part + b"\r\n"
        for head, part in (
            (b'payload_json"', payload),
            (b'files[0]"; filename="cat.png"\r\nContent-Type: image/png', data),
        )
    )
    call = urllib.request.Request(
        f"{playground.url}/api/v10/webhooks/{reply.application_id}/{reply.token}/messages/@original",
        body + b"--" + edge + b"--\r\n",
        {"Content-Type": f"multipart/form-data; boundary={edge.decode()}"},
        method="PATCH",
    )
    urllib.request.urlopen(call, timeout=30).close()


@pytest.mark.parametrize("known", [True, False], ids=["with its message known", "right after the defer"])
def test_a_bot_killed_before_the_queue_leaves_nobody_waiting(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path, known: bool
) -> None:
    own_controls = own.controls
    with BotProcess(own, redis_url, tmp_path) as bot:
        own_controls.fault(path="^/cdn/", stall=True, times=None)
        used = own_controls.slash("ascii", files={"image": a_png()})
        job_id = used["interaction_id"]
        own_controls.wait_for(lambda: Jobs(redis).still_pending([job_id]))
        own_controls.wait_for(lambda: promise_of(redis, job_id).reply.message_id != NO_ID)
        assert bot.process is not None
        bot.process.kill()
        bot.process.wait()
    answer = own_controls.answer_to(used)
    assert answer is not None and answer["loading"]
    reply = promise_of(redis, job_id).reply
    let_time_pass(redis, job_id, reply=reply if known else reply.model_copy(update={"message_id": NO_ID}))
    with BotProcess(own, redis_url, tmp_path):
        assert plain(own_controls.wait_for_answer(used)["content"]) == SENTENCES["lost"]
        assert ended(own_controls, redis, used) == ("failed", "lost")


def test_a_reply_that_its_bot_works_on_is_not_reaped(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        own.controls.fault(path="^/cdn/", stall=True)
        used = own.controls.slash("ascii", files={"image": a_png()})
        job_id = used["interaction_id"]
        own.controls.wait_for(lambda: Jobs(redis).still_pending([job_id]))
        first = redis.zscore(PENDING, job_id)
        assert first is not None
        own.controls.wait_for(lambda: (redis.zscore(PENDING, job_id) or 0) > float(first) + 3)
        own.controls.clear_faults()
        assert own.controls.wait_for(lambda: queued(redis))


def test_what_redis_lost_is_said_even_though_its_record_is_lost_too(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        own.controls.wait_for(lambda: content(own.controls, used) == NO_WORKER)
        redis.flushall()
        own.controls.wait_for(lambda: Jobs(redis).still_pending([request.job_id]))
        look_at = redis.zscore(PENDING, request.job_id)
        assert look_at is not None and float(look_at) > time.time() + 30, "a worker may have had it in hand"
        let_time_pass(redis, request.job_id)
        own.controls.wait_for(lambda: plain(content(own.controls, used)) == SENTENCES["lost"])
        assert ended(own.controls, redis, used) == ("failed", "lost")


def test_a_picture_posted_before_redis_was_emptied_stays(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        post_a_picture(own, request.reply)
        redis.flushall()
        own.controls.wait_for(lambda: Jobs(redis).still_pending([request.job_id]))
        let_time_pass(redis, request.job_id)
        assert ended(own.controls, redis, used) == ("posted", "")
        answer = own.controls.answer_to(used)
        assert answer is not None and len(answer["attachments"]) == 1 and answer["content"] == "pink · 64×32"


def test_a_job_past_its_deadline_is_said_and_leaves_the_queue(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path) as bot:
        used, request = a_waiting_job(own.controls, redis)
        assert Quota(redis).is_charged(request.job_id)
        # Discord takes the sentence at a later attempt only, when the queue does not know the job any more. Until
        # then it takes no edit at all: on a slow machine the first one is a notice.
        own.controls.fault(method="PATCH", path="/webhooks/", drop="before", times=None)
        let_time_pass(redis, request.job_id, deadline_at=time.time() - 1)
        own.controls.wait_for(lambda: f"not told yet job={request.job_id}" in bot.log)
        own.controls.clear_faults()
        assert render_queue(redis).count == 0 and states(redis, [request.job_id]) == [None]
        let_time_pass(redis, request.job_id)
        own.controls.wait_for(lambda: plain(content(own.controls, used)) == SENTENCES["expired"])
        assert ended(own.controls, redis, used) == ("failed", "expired")
        assert not Quota(redis).is_charged(request.job_id), "what nobody has drawn costs nobody anything"


def test_a_job_that_a_worker_is_ending_is_left_to_it(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        own.controls.wait_for(lambda: content(own.controls, used) == NO_WORKER)
        assert Jobs(redis).claim(request.job_id, "a-try") is Claim.GRANTED
        let_time_pass(redis, request.job_id, deadline_at=time.time() - 1)
        own.controls.wait_for(lambda: (redis.zscore(PENDING, request.job_id) or 0) > 0)
        assert content(own.controls, used) == NO_WORKER
        assert Jobs(redis).result_of(request.job_id) is None
        # It began too long ago to be still at it, so it has died: the bot takes over.
        claimed_long_ago(redis, request.job_id)
        let_time_pass(redis, request.job_id)
        own.controls.wait_for(lambda: plain(content(own.controls, used)) == SENTENCES["expired"])


def test_a_reason_that_a_worker_could_not_say_is_said_in_its_words(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        reason = EndReason(outcome="refused", code="not_a_picture", sentence=SENTENCES["not_a_picture"])
        claimed_long_ago(redis, request.job_id)
        Jobs(redis).abandon(request.job_id, "another-try", reason)
        redis.hset(f"rq:job:{request.job_id}", "status", "finished")
        let_time_pass(redis, request.job_id)
        own.controls.wait_for(lambda: content(own.controls, used) == SENTENCES["not_a_picture"])
        assert ended(own.controls, redis, used) == ("refused", "not_a_picture")


def test_a_failure_that_no_worker_could_say_is_said_with_a_reference(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path) as bot:
        used, request = a_waiting_job(own.controls, redis)
        redis.hset(f"rq:job:{request.job_id}", "status", "failed")
        let_time_pass(redis, request.job_id)
        own.controls.wait_for(lambda: "tell an admin the reference" in content(own.controls, used))
        reference = content(own.controls, used).split()[-1].rstrip(".")
        (line,) = (line for line in bot.log.splitlines() if "reaping" in line)
        assert "state=failed code=internal" in line and line.endswith(f"reference={reference}")


def test_a_message_whose_id_nobody_noted_is_found_after_the_tokens_end(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    """As when a bot dies right after the acknowledgement, and nobody can use the token either."""
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        withdraw(redis, request.job_id)
        own.controls.advance(16 * 60)
        reply = request.reply.model_copy(update={"message_id": NO_ID})
        let_time_pass(redis, request.job_id, reply=reply)
        own.controls.wait_for(lambda: plain(content(own.controls, used)) == SENTENCES["lost"])
        assert ended(own.controls, redis, used) == ("failed", "lost")


def test_after_the_tokens_end_the_bot_says_it_in_its_own_name(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        hidden, private = a_waiting_job(own.controls, redis, private=True)
        own.controls.advance(16 * 60)
        let_it_be_refused(redis, private.job_id)
        for job in (request, private):
            let_time_pass(redis, job.job_id, deadline_at=time.time() - 1)
        own.controls.wait_for(lambda: plain(content(own.controls, used)) == SENTENCES["expired"])
        assert ended(own.controls, redis, hidden) == ("failed", "unreachable")


def test_a_deleted_message_ends_its_job(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        used, request = a_waiting_job(own.controls, redis)
        own.controls.delete_message(request.reply.message_id)
        let_it_be_refused(redis, request.job_id)
        let_time_pass(redis, request.job_id, deadline_at=time.time() - 1)
        assert ended(own.controls, redis, used)[0] == "gone"


def test_a_refusal_that_discord_does_not_take_is_said_later(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(own, redis_url, tmp_path) as bot:
        own.controls.fault(method="POST", path="/webhooks/", drop="before", times=1)
        used = own.controls.slash("ascii", files={"image": ("x.png", b"no picture", "image/png")})
        own.controls.wait_for(lambda: f"not told yet job={used['interaction_id']}" in bot.log)
        let_time_pass(redis, used["interaction_id"])
        own.controls.wait_for_answer(used)
        assert content(own.controls, used) == SENTENCES["not_a_picture"]


def test_a_job_whose_queueing_was_not_confirmed_is_neither_lost_nor_told_off(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    a_worker_reports(redis)
    with Proxy(port_of(redis_url)) as proxy, BotProcess(own, f"redis://127.0.0.1:{proxy.port}/0", tmp_path) as bot:
        proxy.losing = b"\r\nrender "  # the job's description: only the enqueueing request has it
        used, request = a_waiting_job(own.controls, redis)
        own.controls.wait_for(lambda: f"left to the queue job={request.job_id}" in bot.log)
        assert proxy.lost == 2, "asked, and asked again"
        answer = own.controls.answer_to(used)
        assert answer is not None and is_interim(answer["content"]), "the sentence would cover the picture"
        assert [r.job_id for r in queued(redis)] == [used["interaction_id"]]


@pytest.mark.parametrize("written_down", [True, False], ids=["and written down", "by one who died right after"])
def test_the_bot_that_comes_too_late_does_not_cover_the_picture_of_the_other(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path, written_down: bool
) -> None:
    """Two bots may both have acknowledged; the job of one was drawn long ago, and the other's download fails."""
    controls = own.controls
    a_worker_reports(redis)
    # A quarter of it is how long a server may be silent before it is asked again.
    with BotProcess(own, redis_url, tmp_path, ATTACHMENT_TIMEOUT_S="60") as bot:
        controls.fault(method="POST", path="/callback$", drop="after", times=1)
        controls.fault(path="^/cdn/", status=404, delay_s=8)
        used = controls.slash("ascii", files={"image": a_png()})
        job_id = used["interaction_id"]
        controls.wait_for(lambda: Jobs(redis).still_pending([job_id]))
        controls.wait_for(lambda: promise_of(redis, job_id).reply.message_id != NO_ID)
        claimed_long_ago(redis, job_id)
        post_a_picture(own, promise_of(redis, job_id).reply)
        if written_down:
            Jobs(redis).finish(RenderResult(job_id=job_id, outcome="posted"))
        controls.wait_for(lambda: f"interaction={job_id}" in bot.log and "code=attachment_gone" in bot.log)
        controls.wait_for(lambda: f"left to the queue job={job_id}" in bot.log or f"ended job={job_id}" in bot.log)
        answer = controls.answer_to(used)
        assert answer is not None and len(answer["attachments"]) == 1 and answer["content"] == "pink · 64×32"
        assert ended(controls, redis, used) == ("posted", "")


def test_a_job_that_never_reached_the_queue_is_said_once_redis_can_be_asked(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    a_worker_reports(redis)
    with Proxy(port_of(redis_url)) as proxy, BotProcess(own, f"redis://127.0.0.1:{proxy.port}/0", tmp_path) as bot:
        own.controls.fault(path="^/cdn/", delay_s=4)
        used = own.controls.slash("ascii", files={"image": a_png()})
        own.controls.wait_for(lambda: Jobs(redis).still_pending([used["interaction_id"]]))
        proxy.stop()
        assert plain(own.controls.wait_for_answer(used)["content"]) == SENTENCES["queue_down"]
        own.controls.wait_for(lambda: "not written down job=" in bot.log)
        proxy.start()
        let_time_pass(redis, used["interaction_id"])
        assert ended(own.controls, redis, used) == ("failed", "told_before")
        assert plain(content(own.controls, used)) == SENTENCES["queue_down"]


def test_a_click_in_an_outage_is_answered_after_it(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with Proxy(port_of(redis_url)) as proxy, BotProcess(own, f"redis://127.0.0.1:{proxy.port}/0", tmp_path) as bot:
        _, request = a_waiting_job(own.controls, redis)
        message_id = request.reply.message_id
        proxy.stop()
        own.controls.react(message_id, user=MIA_ID)
        own.controls.wait_for(lambda: "reaction waits for redis" in bot.log)
        proxy.start()
        own.controls.wait_for(lambda: len(queued(redis)) == 2)
        assert [r.job_id for r in queued(redis)] == [request.job_id, f"{message_id}-pink"]
        assert len(replies_to(own.controls, message_id)) == 1


@pytest.mark.parametrize("forgotten", [False, True], ids=["by its nonce", "by a look at the channel"])
def test_a_click_whose_bot_died_after_the_reply_goes_on_with_that_reply(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path, forgotten: bool
) -> None:
    with BotProcess(own, redis_url, tmp_path):
        _, request = a_waiting_job(own.controls, redis)
        message_id = request.reply.message_id
        own.controls.fault(method="POST", path="/messages$", drop="after")
        own.controls.react(message_id, user=MIA_ID)
        own.controls.wait_for(lambda: replies_to(own.controls, message_id))
        if forgotten:
            own.controls.advance(6 * 60)
        own.controls.wait_for(lambda: len(queued(redis)) == 2)
        (reply,) = replies_to(own.controls, message_id)
        assert queued(redis)[1].reply.message_id == reply["id"]


def test_a_click_that_was_told_a_reason_is_not_answered_twice(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with Proxy(port_of(redis_url)) as proxy, BotProcess(own, f"redis://127.0.0.1:{proxy.port}/0", tmp_path) as bot:
        _, request = a_waiting_job(own.controls, redis)
        message_id = request.reply.message_id
        own.controls.fault(method="POST", path="/messages$", delay_s=4)
        own.controls.react(message_id)
        own.controls.wait_for(lambda: own.controls.faults()[0]["hits"])
        proxy.stop()
        own.controls.wait_for(
            lambda: [plain(m["content"]) for m in replies_to(own.controls, message_id)] == [SENTENCES["queue_down"]]
        )
        own.controls.advance(6 * 60)  # Discord has forgotten the nonce
        own.controls.wait_for(lambda: "not settled" in bot.log)
        proxy.start()
        (click,) = Reactions(redis, Jobs(redis)).clicks()
        key = f"{PREFIX}reaction:{message_id}:pink"
        held = Attempt.model_validate_json(redis.get(key) or b"")
        redis.set(key, held.model_copy(update={"held_until": 0.0}).model_dump_json())
        own.controls.wait_for(lambda: Reactions(redis, Jobs(redis)).clicks() == [])
        assert len(replies_to(own.controls, message_id)) == len(queued(redis)) == 1
        # And a second click is a second attempt, on the same reply.
        own.controls.unreact(message_id)
        own.controls.react(message_id)
        own.controls.wait_for(lambda: len(queued(redis)) == 2)
        assert queued(redis)[1].job_id == f"{click.message_id}-pink-2"
        assert len(replies_to(own.controls, message_id)) == 1


def test_a_click_taken_over_while_redis_fails_does_not_cover_the_picture_of_the_bot_before(
    own: PlaygroundProcess, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with Proxy(port_of(redis_url)) as proxy, BotProcess(own, f"redis://127.0.0.1:{proxy.port}/0", tmp_path) as bot:
        _, request = a_waiting_job(own.controls, redis)
        message_id = request.reply.message_id
        a_worker_reports(redis)
        own.controls.react(message_id)
        own.controls.wait_for(lambda: len(queued(redis)) == 2 and not Reactions(redis, Jobs(redis)).clicks())
        (reply,) = replies_to(own.controls, message_id)
        # As if that bot had died right after the queue had the job; and the next one finds the click.
        key = f"{PREFIX}reaction:{message_id}:pink"
        settled = Attempt.model_validate_json(redis.get(key) or b"")
        unsettled = settled.model_copy(update={"held_until": 0.0, "reply_id": None})
        redis.set(key, unsettled.model_dump_json())
        own.controls.fault(method="GET", path="/channels/[0-9]+/messages$", delay_s=4)
        own.controls.unreact(message_id)
        own.controls.react(message_id)
        own.controls.wait_for(lambda: own.controls.faults()[0]["hits"])
        proxy.stop()
        own.controls.wait_for(lambda: f"left to the queue job={message_id}-pink" in bot.log)
        (left,) = replies_to(own.controls, message_id)
        assert left["id"] == reply["id"] and is_interim(left["content"])
