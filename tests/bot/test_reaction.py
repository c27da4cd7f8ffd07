"""A 🩷 on a result, through the whole program: one reply and one job, however many click, also after a restart."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from jobs.connection import PREFIX
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.lifecycle.reactions import Reactions
from jobs.registry.fleet import Fleet
from jobs.schema import RenderRequest, RenderResult
from jobs.server_settings import GuildStore
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, ASCII_CHANNEL, BOT_ID, GUILD_ID, MIA_ID, MOD_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, call, draw, queued
from tests.bot.test_slash import a_worker_reports
from tests.fork_server import forked_playground
from tests.sentences import plain


def a_drawn_picture(
    playground: PlaygroundProcess, redis: Redis, *, palette: str = "blue", done: bool = True, **options: object
) -> RenderRequest:
    """The request of a picture that is on its message; the queue is empty afterwards."""
    controls = playground.controls
    controls.slash("ascii", {"palette": palette, **options}, files={"image": a_png()})
    (request,) = controls.wait_for(lambda: queued(redis))
    if done:
        draw(playground, redis, request)
    redis.delete("rq:queue:glyphcord")
    a_worker_reports(redis)
    return request


def replies_to(controls: Controls, message_id: str) -> list[dict[str, Any]]:
    return [
        message
        for message in controls.messages()
        if (message.get("message_reference") or {}).get("message_id") == message_id
    ]


def posts(controls: Controls) -> list[dict[str, Any]]:
    """The messages as the bot sent them; who waits for seconds reads other words on them."""
    return [
        exchange["json"]
        for exchange in controls.exchanges()
        if exchange["method"] == "POST" and exchange["path"].endswith(f"/channels/{ASCII_CHANNEL}/messages")
    ]


def probe(controls: Controls) -> None:
    """Wait until the bot has answered something sent after what came before."""
    controls.wait_for_answer(controls.slash("ascii", files={"image": ("x", b"not a picture", "image/png")}))


@pytest.mark.parametrize("emoji", ["🩷", "💖"])
def test_a_pink_heart_makes_one_reply_and_one_job(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, emoji: str
) -> None:
    first = a_drawn_picture(playground, redis)
    message_id = first.reply.message_id
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda user: discord.react(message_id, emoji, user=user), (MIA_ID, ADA_ID, MOD_ID)))
    (request,) = discord.wait_for(lambda: queued(redis))
    discord.wait_for(lambda: b'"held_until":null' in (redis.get(f"{PREFIX}reaction:{message_id}:pink") or b""))
    (reply,) = replies_to(discord, message_id)
    assert posts(discord)[-1]["content"] == "Drawing it in pink…"
    assert request.job_id == f"{message_id}-pink"
    assert (request.origin, request.options.palette, request.shas) == ("reaction", "pink", first.shas)
    assert request.user_id in (MIA_ID, ADA_ID, MOD_ID)
    assert request.reply.message_id == reply["id"]
    assert request.reply.channel_id == ASCII_CHANNEL
    assert request.reply.token is None and not request.reply.private
    assert request.upload_limit > 0
    known = Messages(redis).request_of(reply["id"])
    assert known is not None and known.options.palette == "pink"
    # Later clicks change nothing.
    discord.unreact(message_id, emoji, user=MIA_ID)
    discord.react(message_id, emoji, user=MIA_ID)
    probe(discord)
    assert len(replies_to(discord, message_id)) == len(queued(redis)) == 1


@pytest.mark.parametrize("format", ["phone", "svg"])
def test_pink_comes_in_the_form_and_size_of_what_was_clicked(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, format: str
) -> None:
    first = a_drawn_picture(playground, redis, format=format, columns=33, background="dark", focus="0.75")
    discord.react(first.reply.message_id)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert (request.options, request.shas) == (replace(first.options, palette="pink"), first.shas)
    assert (request.options.columns, request.options.background, request.options.focus) == (33, "dark", 0.75)


def test_what_was_left_open_is_left_open_in_pink(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    discord.react(a_drawn_picture(playground, redis).reply.message_id)
    (request,) = discord.wait_for(lambda: queued(redis))
    options = request.options
    assert (options.palette, options.columns, options.background, options.focus) == ("pink", None, "auto", None)


def test_the_reply_is_sent_so_that_discord_makes_it_once(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.react(message_id)
    discord.wait_for(lambda: queued(redis))
    body = posts(discord)[-1]
    assert body["enforce_nonce"] is True and 0 < len(body["nonce"]) <= 25
    assert str(body["message_reference"]["message_id"]) == message_id
    assert body["message_reference"]["fail_if_not_exists"] is False
    assert body["allowed_mentions"] == {"parse": [], "replied_user": False}


def test_a_restarted_bot_answers_for_what_came_before(redis_url: str, redis: Redis, tmp_path: Path) -> None:
    with forked_playground() as own:
        with BotProcess(own, redis_url, tmp_path) as bot:
            message_id = a_drawn_picture(own, redis).reply.message_id
            assert bot.stop() == 0
        with BotProcess(own, redis_url, tmp_path) as bot:
            assert "commands unchanged" in bot.log
            own.controls.react(message_id)
            (request,) = own.controls.wait_for(lambda: queued(redis))
            assert request.job_id == f"{message_id}-pink"
        puts = [exchange for exchange in own.controls.exchanges() if exchange["method"] == "PUT"]
        assert len(puts) == 1


def test_what_is_not_a_finished_picture_of_ours_is_left_alone(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    pink = a_drawn_picture(playground, redis, palette="pink").reply.message_id
    failed = a_drawn_picture(playground, redis, done=False)
    Jobs(redis).finish(RenderResult(job_id=failed.job_id, outcome="failed", code="internal"))
    of_someone = discord.message("I drew this myself")
    fine = a_drawn_picture(playground, redis).reply.message_id
    for message_id, emoji in ((pink, "🩷"), (failed.reply.message_id, "🩷"), (of_someone, "🩷"), (fine, "👍")):
        discord.react(message_id, emoji)
    probe(discord)
    discord.react(fine)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.job_id == f"{fine}-pink"
    assert [len(replies_to(discord, m)) for m in (pink, failed.reply.message_id, of_someone)] == [0, 0, 0]


def test_the_bots_own_reactions_ask_for_nothing(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    path = f"/channels/{ASCII_CHANNEL}/messages/{message_id}/reactions/%F0%9F%A9%B7/@me"
    call(playground, "PUT", path, {})
    probe(discord)
    assert discord.state()["application_id"] == BOT_ID
    assert queued(redis) == [] and replies_to(discord, message_id) == []


def test_a_picture_no_longer_kept_is_said_once(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_drawn_picture(playground, redis)
    message_id = first.reply.message_id
    redis.delete(f"{PREFIX}picture:{first.shas[0]}")
    discord.react(message_id)
    discord.wait_for(lambda: replies_to(discord, message_id))
    discord.react(message_id, user=ADA_ID)
    probe(discord)
    (reply,) = replies_to(discord, message_id)
    assert plain(reply["content"]) == SENTENCES["picture_gone"]
    assert queued(redis) == []


def test_without_a_worker_the_reply_says_that_it_is_queued(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    Fleet(redis).leave("w1")
    discord.react(message_id)
    assert discord.wait_for(lambda: queued(redis))
    (reply,) = replies_to(discord, message_id)
    assert reply["content"] == SENTENCES["queued_no_worker"]


def test_discord_refusing_the_reply_gives_the_claim_back(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.fault(method="POST", path=f"/channels/{ASCII_CHANNEL}/messages$", status=400)
    discord.react(message_id)
    discord.wait_for(lambda: discord.faults()[0]["hits"])
    discord.wait_for(lambda: not Reactions(redis, Jobs(redis)).clicks())
    assert queued(redis) == []
    discord.react(message_id, user=ADA_ID)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.user_id == ADA_ID


def test_a_queue_that_fails_after_the_reply_is_said_on_the_reply(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    # While Discord takes its time over the reply, the server's memory runs out.
    discord.fault(method="POST", path=f"/channels/{ASCII_CHANNEL}/messages$", delay_s=4.0)
    discord.react(message_id)
    discord.wait_for(lambda: discord.faults()[0]["hits"])
    redis.config_set("maxmemory", 1)
    try:
        discord.wait_for(
            lambda: [plain(m["content"]) for m in replies_to(discord, message_id)] == [SENTENCES["store_full"]]
        )
        discord.wait_for(lambda: redis.get(f"{PREFIX}reaction:{message_id}:pink") is None)
    finally:
        redis.config_set("maxmemory", 0)
    assert queued(redis) == []
    discord.react(message_id, user=ADA_ID)
    (request,) = discord.wait_for(lambda: queued(redis))
    (reply,) = replies_to(discord, message_id)  # the nonce made it the same reply
    assert request.reply.message_id == reply["id"]


def test_a_picture_in_other_colours_is_hidden_where_the_server_hides_all(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    GuildStore(redis).update(GUILD_ID, lambda settings: settings.model_copy(update={"spoiler": True}))
    discord.react(message_id)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.spoiler


def test_after_a_failed_picture_the_next_click_tries_again_on_the_same_reply(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.react(message_id)
    (first,) = discord.wait_for(lambda: queued(redis))
    discord.wait_for(lambda: Reactions(redis, Jobs(redis)).clicks() == [])
    (reply,) = replies_to(discord, message_id)
    redis.delete("rq:queue:glyphcord")
    Jobs(redis).finish(RenderResult(job_id=first.job_id, outcome="failed", code="internal"))
    call(playground, "PATCH", f"/channels/{ASCII_CHANNEL}/messages/{reply['id']}", {"content": "It failed."})
    discord.react(message_id, user=ADA_ID)
    (second,) = discord.wait_for(lambda: queued(redis))
    assert second.job_id == f"{message_id}-pink-2" and second.message_version == first.message_version + 1
    assert second.reply.message_id == reply["id"]
    (again,) = replies_to(discord, message_id)
    assert again["content"] == "Drawing it in pink…"
    # Once it is there, it is there.
    discord.wait_for(lambda: Reactions(redis, Jobs(redis)).clicks() == [])
    Jobs(redis).finish(RenderResult(job_id=second.job_id, outcome="posted", palette="pink"))
    discord.react(message_id, user=MOD_ID)
    probe(discord)
    assert {request.job_id for request in queued(redis)} <= {second.job_id}


def test_only_the_pictures_that_are_still_there_are_charged(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    files = {f"file{n}": (f"cat{n}.png", a_png(64 + n, 48)[1], "image/png") for n in range(3)}
    listed = discord.wait_for_answer(discord.slash("Make ASCII", target=discord.message("three", files=files)))
    discord.click(listed["id"], listed["components"][0]["components"][0]["custom_id"], values=["all"])
    (request,) = discord.wait_for(lambda: queued(redis))
    draw(playground, redis, request)
    redis.delete("rq:queue:glyphcord", f"{PREFIX}picture:{request.shas[1]}")
    discord.react(request.reply.message_id, user=ADA_ID)
    (again,) = discord.wait_for(lambda: queued(redis))
    assert again.shas == (request.shas[0], request.shas[2])
    assert redis.zcard(f"{PREFIX}quota:flying:{ADA_ID}") == 2
