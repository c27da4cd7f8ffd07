"""What somebody sees while they wait: their place, the frames, a button to cancel; and that the last state wins."""

import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq.job import Job

from bot.replies import progress_notifier
from bot.replies.pending import SendState, Tracked
from bot.replies.progress_notifier import CHANNEL_S, MOST, PATIENCE_S, ProgressNotifier, Said, is_due
from jobs.lifecycle.job import PACE, Claim, EndReason, Jobs, PendingReply
from jobs.records import record_key
from jobs.registry.fleet import Fleet
from jobs.rq_adapter.queue import enqueue
from jobs.schema import RenderRequest, RenderResult
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, GUILD_ID, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, call, queued
from tests.bot.test_reaction import a_drawn_picture, replies_to
from tests.bot.test_slash import a_worker_reports
from tests.fork_server import forked_playground
from tests.jobs.requests import a_request

FINAL = "blue · the picture"


@pytest.fixture
def awake(redis: Redis) -> None:
    """A worker reports and draws nothing."""
    a_worker_reports(redis)


def ask(discord: Controls, redis: Redis) -> tuple[dict[str, Any], RenderRequest]:
    """Use the command; the interaction and its request, the last on the queue."""
    used = discord.slash("ascii", files={"image": a_png()})
    found = discord.wait_for(lambda: [r for r in queued(redis) if r.job_id == used["interaction_id"]])
    return used, found[0]


def says(discord: Controls, used: dict[str, Any], words: str) -> dict[str, Any]:
    """The answer once it says that."""

    def there() -> dict[str, Any] | None:
        answer = discord.answer_to(used)
        return answer if answer is not None and words in answer["content"] else None

    return discord.wait_for(there)


def buttons(message: dict[str, Any]) -> dict[str, str]:
    """Labels to ids."""
    return {b["label"]: b["custom_id"] for row in message["components"] for b in row["components"]}


def finish(playground: PlaygroundProcess, redis: Redis, request: RenderRequest) -> None:
    """What a worker does, in its order."""
    redis.lrem("rq:queue:glyphcord", 0, request.job_id)
    assert Jobs(redis).claim(request.job_id, "a-try") is Claim.GRANTED
    path = f"/webhooks/{request.reply.application_id}/{request.reply.token}/messages/@original"
    call(playground, "PATCH", path, {"content": FINAL, "components": []})
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="posted"))


@pytest.mark.usefixtures("awake")
def test_place_and_time_left_are_told_and_follow_the_queue(discord: Controls, redis: Redis) -> None:
    redis.lpush(PACE, 4.0)
    for job_id in ("1", "2"):
        enqueue(redis, a_request(job_id=job_id, guild_id=GUILD_ID))
    used, request = ask(discord, redis)
    answer = says(discord, used, "Waiting: 2 pictures are before yours, about 15 s to go.")
    assert list(buttons(answer)) == ["Cancel"]
    redis.lrem("rq:queue:glyphcord", 0, "1")
    says(discord, used, "Waiting: one picture is before yours, about 10 s to go.")
    redis.lrem("rq:queue:glyphcord", 0, request.job_id)
    redis.hset(Job.key_for(request.job_id), "status", "started")
    says(discord, used, SENTENCES["in_hand"])
    Jobs(redis).progress(request.job_id, (12, 48))
    says(discord, used, "Drawing: frame 12 of 48.")
    path = f"/webhooks/{request.reply.application_id}/{request.reply.token}/messages/@original"
    edits = [e["json"]["content"] for e in discord.exchanges() if e["path"].endswith(path) and "json" in e]
    assert len(edits) >= 4 and all(before != after for before, after in pairwise(edits)), "edited without news"


def test_nobody_is_told_too_early_or_too_often() -> None:
    now = time.time()
    reply = a_request().reply.model_copy(update={"token": "t", "token_expires_at": now + 800})
    pending_reply = PendingReply(job_id="1", reply=reply, since=now - PATIENCE_S - 1, deadline_at=now + 800)
    kept = Tracked(pending_reply, SendState.SENT)
    assert is_due(kept, None, 100.0)
    assert not is_due(kept, Said("Waiting", 100.0), 100.0 + PATIENCE_S - 0.1)
    assert is_due(kept, Said("Waiting", 100.0), 100.0 + PATIENCE_S)
    assert not is_due(Tracked(pending_reply.model_copy(update={"since": now}), SendState.SENT), None, 100.0)
    over = pending_reply.model_copy(update={"reply": reply.model_copy(update={"token_expires_at": now})})
    assert not is_due(Tracked(over, SendState.SENT), None, 100.0)


@pytest.mark.usefixtures("awake")
def test_the_reply_to_a_reaction_is_told_frames_and_can_be_cancelled(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.react(message_id, "🩷", user=ADA_ID)
    (request,) = discord.wait_for(lambda: queued(redis))
    redis.lrem("rq:queue:glyphcord", 0, request.job_id)
    redis.hset(Job.key_for(request.job_id), mapping={"status": "started", "worker_name": "w1"})
    Jobs(redis).progress(request.job_id, (12, 48))

    def drawing() -> dict[str, Any] | None:
        (reply,) = replies_to(discord, message_id)
        return reply if reply["content"] == "Drawing: frame 12 of 48." else None

    reply = discord.wait_for(drawing)
    cancel = buttons(reply)["Cancel"]
    refused = discord.wait_for_answer(discord.click(reply["id"], cancel))
    assert refused["content"] == SENTENCES["not_yours"]
    click = discord.click(reply["id"], cancel, user=ADA_ID)
    discord.wait_for(lambda: Jobs(redis).progress(request.job_id))
    # What its worker does between two stages.
    reason = EndReason(outcome="cancelled", code="cancelled", sentence=SENTENCES["cancelled"])
    Jobs(redis).leave(request.job_id, "a-try", reason, request=request)
    told = says(discord, click, SENTENCES["cancelled"])
    assert told["ephemeral_to"] == ADA_ID
    assert [m for m in replies_to(discord, message_id) if m["ephemeral_to"] is None] == []
    discord.wait_for(lambda: Jobs(redis).result_of(request.job_id))  # written down after it is said
    discord.react(message_id, "🩷", user=MIA_ID)
    again = discord.wait_for(lambda: [r for r in queued(redis) if r.job_id != request.job_id])
    assert again[0].user_id == MIA_ID, "a heart after that is answered anew"


def test_in_a_channel_one_reply_at_a_time_is_told_as_the_bot() -> None:
    now = time.monotonic()
    reply = a_request().reply.model_copy(update={"token": None})
    pending: Any = SimpleNamespace(mine={})
    for job_id in ("1", "2", "3"):
        there = reply.model_copy(update={"channel_id": "9" if job_id == "3" else "8"})
        pending_reply = PendingReply(job_id=job_id, reply=there, since=0, deadline_at=now)
        pending.mine[job_id] = Tracked(pending_reply, SendState.SENT)
    nobody: Any = None
    notifier = ProgressNotifier(nobody, nobody, pending, nobody)
    texts = [(job_id, "Drawing") for job_id in ("1", "2", "3")]
    assert [job_id for job_id, _ in notifier._with_room(texts, now)] == ["1", "3"]
    assert notifier._with_room(texts, now + 1) == []
    notifier._said["1"] = Said("Drawing", now)
    assert [job_id for job_id, _ in notifier._with_room(texts, now + CHANNEL_S)] == ["2", "3"]


def test_everybody_is_looked_at_in_turn_however_many_wait() -> None:
    reply = a_request().reply.model_copy(update={"token": None})
    pending: Any = SimpleNamespace(mine={})
    for number in range(5 * MOST // 2):
        waiting = PendingReply(job_id=str(number), reply=reply, since=0, deadline_at=time.time())
        pending.mine[waiting.job_id] = Tracked(waiting, SendState.SENT)
    nobody: Any = None
    notifier = ProgressNotifier(nobody, nobody, pending, nobody)
    now = time.monotonic()
    rounds = [set(notifier._due(now + second)) for second in range(3)]
    assert [len(one) for one in rounds] == [MOST] * 3 and rounds[0] | rounds[1] | rounds[2] == set(pending.mine)
    for job_id in [*pending.mine][1:]:
        del pending.mine[job_id]
    assert set(notifier._due(now + 3)) == {"0"} == set(notifier._looked)


@pytest.mark.parametrize(("error", "text"), [(None, "Waiting"), (OSError(), ""), (RedisTimeoutError(), "")])
async def test_what_may_not_have_been_said_is_said_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, error: Exception | None, text: str
) -> None:
    async def edit(*_: object, **__: object) -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(progress_notifier, "edit_waiting", edit)
    pending = PendingReply(job_id="1", reply=a_request().reply, since=0, deadline_at=time.time() + 60)
    Jobs(redis).open(pending, look_at=time.time() + 60)  # a bot of this module may still run
    nobody: Any = None
    services: Any = SimpleNamespace(jobs=Jobs(redis))
    notifier = ProgressNotifier(nobody, services, nobody, lambda *_: nobody)
    with suppress(RedisTimeoutError):
        await notifier._say(pending, "Waiting")
    assert notifier._said["1"].text == text
    Jobs(redis).finish(RenderResult(job_id="1", outcome="posted"))
    await notifier._say(pending, "Waiting")
    assert notifier._said["1"].text == "", "whoever ends the job says the rest"


@pytest.mark.usefixtures("awake")
def test_the_last_state_wins_over_what_was_being_said(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    discord.fault(method="PATCH", path="/messages/@original$", delay_s=0.6)
    used, request = ask(discord, redis)
    discord.wait_for(lambda: discord.faults()[0]["hits"])
    finish(playground, redis, request)
    answer = discord.answer_to(used)
    assert answer is not None and answer["content"] == FINAL
    # The edit that was held up came first, and none came after.
    edits = [e["json"]["content"] for e in discord.exchanges() if e["path"].endswith("@original") and "json" in e]
    assert edits[-1] == FINAL and edits[-2].startswith("Waiting")
    other, _ = ask(discord, redis)
    says(discord, other, "Waiting")  # by now it would have been said
    answer = discord.answer_to(used)
    assert answer is not None and answer["content"] == FINAL and answer["components"] == []


@pytest.mark.usefixtures("awake")
def test_nothing_is_said_over_an_end_that_a_fail_over_has_made_redis_forget(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    used, request = ask(discord, redis)
    path = f"/webhooks/{request.reply.application_id}/{request.reply.token}/messages/@original"
    call(playground, "PATCH", path, {"content": FINAL, "components": []})

    def looked() -> bool:
        seen = any(e["method"] == "GET" and e["path"].endswith(path) for e in discord.exchanges())
        return seen and not redis.hexists(record_key(request.job_id), "notice_until")

    discord.wait_for(looked)
    answer = discord.answer_to(used)
    assert answer is not None and answer["content"] == FINAL


@pytest.mark.usefixtures("awake")
@pytest.mark.parametrize("proxy_fails", [False, True])
def test_cancel_takes_a_waiting_job_off_the_queue_and_says_so(
    discord: Controls, redis: Redis, proxy_fails: bool
) -> None:
    used, request = ask(discord, redis)
    answer = says(discord, used, "Waiting")
    cancel = buttons(answer)["Cancel"]
    refused = discord.wait_for_answer(discord.click(answer["id"], cancel, user=ADA_ID))
    assert (refused["content"], refused["ephemeral_to"]) == (SENTENCES["not_yours"], ADA_ID)
    assert len(queued(redis)) == 1 and not Jobs(redis).progress(request.job_id)
    if proxy_fails:  # after Discord has taken the acknowledgement
        discord.fault(method="POST", path="/callback$", status=502, page=True, after=True)
    told = says(discord, discord.click(answer["id"], cancel), SENTENCES["cancelled"])
    assert told["ephemeral_to"] == MIA_ID
    assert discord.answer_to(used) is None, "nothing is left for others to read"
    result = discord.wait_for(lambda: Jobs(redis).result_of(request.job_id))
    assert (result.outcome, result.code) == ("cancelled", "cancelled")
    assert queued(redis) == []
    # A worker that had taken it in the same moment leaves it alone.
    assert not Jobs(redis).claim(request.job_id, "a-try").may_write


@pytest.mark.usefixtures("awake")
def test_cancel_asks_a_worker_that_has_begun_to_stop(discord: Controls, redis: Redis) -> None:
    used, request = ask(discord, redis)
    answer = says(discord, used, "Waiting")
    redis.hset(Job.key_for(request.job_id), "status", "started")
    discord.click(answer["id"], buttons(answer)["Cancel"])
    discord.wait_for(lambda: Jobs(redis).progress(request.job_id))
    assert Jobs(redis).claim(request.job_id, "a-try") is Claim.GRANTED, "nobody else has claimed it"


def test_cancel_works_after_a_restart(redis_url: str, redis: Redis, tmp_path: Path) -> None:
    with forked_playground() as own:
        with BotProcess(own, redis_url, tmp_path):
            used, _ = ask(own.controls, redis)
            own.controls.wait_for(lambda: buttons(own.controls.answer_to(used) or {"components": []}))
        with BotProcess(own, redis_url, tmp_path) as bot:
            answer = says(own.controls, used, SENTENCES["queued_no_worker"])
            click = own.controls.click(answer["id"], buttons(answer)["Cancel"], user=MIA_ID)
            says(own.controls, click, SENTENCES["cancelled"])
            assert queued(redis) == []
            assert "Traceback" not in bot.log


def test_without_a_worker_it_says_so_until_there_is_one(discord: Controls, redis: Redis) -> None:
    used, _ = ask(discord, redis)
    discord.wait_for(lambda: buttons(discord.answer_to(used) or {"components": []}))
    assert says(discord, used, SENTENCES["queued_no_worker"])
    a_worker_reports(redis)
    says(discord, used, "Waiting: yours is next")
    Fleet(redis).leave("w1")
    says(discord, used, SENTENCES["queued_no_worker"])
