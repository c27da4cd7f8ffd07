"""Two bot processes at once by mistake: Discord tells both everything, and people notice nothing of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs.lifecycle.messages import Messages
from playground.testing import ADA_ID, MIA_ID, MOD_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, draw, queued
from tests.bot.test_reaction import replies_to
from tests.bot.test_slash import NO_WORKER, a_worker_reports
from tests.fork_server import forked_playground

Pair = tuple[PlaygroundProcess, BotProcess, BotProcess]


@pytest.fixture
def pair(redis: Redis, redis_url: str, tmp_path: Path) -> Iterator[Pair]:
    with forked_playground() as own:
        folders = [tmp_path / name for name in ("first", "second")]
        for folder in folders:
            folder.mkdir()
        with BotProcess(own, redis_url, folders[0]) as first, BotProcess(own, redis_url, folders[1]) as second:
            assert own.controls.state()["sessions"] == 2
            yield own, first, second


def both_have_heard(controls: Controls, pair: Pair, used: dict[str, str]) -> None:
    _, first, second = pair
    interaction = f"interaction={used['interaction_id']}"
    controls.wait_for(lambda: interaction in first.log and interaction in second.log)


def test_a_command_is_one_job_and_one_answer(pair: Pair, redis: Redis) -> None:
    controls = pair[0].controls
    for _ in range(5):
        used = controls.slash("ascii", files={"image": a_png()})
        both_have_heard(controls, pair, used)
        assert controls.wait_for_answer(used)["content"] == NO_WORKER
        assert [m["id"] for m in controls.messages() if m["interaction_id"] == used["interaction_id"]] == [
            controls.interaction(used["interaction_id"])["response_message_id"]
        ]
    controls.wait_for(lambda: len(queued(redis)) == 5)
    assert "Traceback" not in pair[1].log + pair[2].log
    lost = (pair[1].log + pair[2].log).count("code=40060")
    assert lost == 5, "in each case one of the two stood back"


def test_when_both_may_have_acknowledged_it_is_still_one_job_that_may_be_drawn(pair: Pair, redis: Redis) -> None:
    controls = pair[0].controls
    a_worker_reports(redis)
    controls.fault(method="POST", path="/callback$", drop="after", times=2)
    used = controls.slash("ascii", files={"image": a_png()})
    (request,) = controls.wait_for(lambda: queued(redis))
    both_have_heard(controls, pair, used)
    assert [r.job_id for r in queued(redis)] == [used["interaction_id"]]
    assert Messages(redis).is_newest(request), "the second bot must not make the first one's job stale"
    answer = controls.answer_to(used)
    assert answer is not None and answer["loading"]


def test_a_heart_is_one_reply_and_one_job(pair: Pair, redis: Redis) -> None:
    own, controls = pair[0], pair[0].controls
    controls.slash("ascii", files={"image": a_png()})
    (request,) = controls.wait_for(lambda: queued(redis))
    draw(own, redis, request)
    redis.delete("rq:queue:glyphcord")
    message_id = request.reply.message_id
    for user in (MIA_ID, ADA_ID, MOD_ID):
        controls.react(message_id, user=user)
    controls.wait_for(lambda: queued(redis))
    # Both have dealt with the clicks once both have dealt with what came after them.
    both_have_heard(controls, pair, controls.slash("ascii", files={"image": a_png()}))
    controls.wait_for(lambda: len(queued(redis)) == 2)
    jobs = queued(redis)
    assert jobs[0].job_id == f"{message_id}-pink"
    (reply,) = replies_to(controls, message_id)
    assert reply["id"] == jobs[0].reply.message_id
