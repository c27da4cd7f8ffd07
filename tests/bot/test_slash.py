"""`/ascii` through the whole program: real client, real gateway, real Redis; no worker, so jobs stay to be read."""

import os
import signal
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.commands.ascii import UNSEEN_HELP
from bot.render.begun import DEADLINE_S, PRIVATE_DEADLINE_S
from devstack.valkey import start_valkey
from jobs.connection import PREFIX, connect
from jobs.lifecycle.job import PENDING, Claim, EndReason, Jobs
from jobs.lifecycle.messages import Messages
from jobs.pictures import PictureStore
from jobs.registry.fleet import Fleet, WorkerReport
from jobs.routes import TOKEN_S
from jobs.rq_adapter.queue import withdraw
from jobs.schema import RenderRequest
from jobs.text.choices import FOCUSES, FORMATS, MAX_VIDEO_BYTES
from jobs.text.sentences import SENTENCES
from playground.testing import ASCII_CHANNEL, BOT_ID, GUILD_ID, MIA_ID, TOKEN, Controls
from tests.bot.processes import HASTY, BotProcess, a_png, queued
from tests.fork_server import forked_playground
from tests.sentences import plain

NO_WORKER = SENTENCES["queued_no_worker"]


def a_worker_reports(redis: Redis, name: str = "w1") -> None:
    report = WorkerReport(
        name=name, host="h", pid=1, device="cpu", model="m", model_version="a" * 12, state="idle", started_at=0.0
    )
    Fleet(redis).report(report)
    # For longer than a report lasts: no test on a slow machine is to outlive its worker.
    redis.expire(f"{PREFIX}workers:{name}", 600)
    redis.zadd(f"{PREFIX}workers", {name: time.time() + 600})


def a_waiting_job(discord: Controls, redis: Redis) -> tuple[dict[str, Any], RenderRequest]:
    """The command used, and its request on the queue."""
    used = discord.slash("ascii", files={"image": a_png()})
    found = discord.wait_for(lambda: [one for one in queued(redis) if one.job_id == used["interaction_id"]])
    return used, found[0]


def test_the_commands_are_registered_with_their_options(discord: Controls) -> None:
    commands = {command["name"]: command for command in discord.state()["commands"]}
    options = {option["name"]: option for option in commands["ascii"]["options"]}
    assert list(options) == [
        "image",
        "source",
        "palette",
        "columns",
        "background",
        "focus",
        "format",
        "style",
        "animate",
        "private",
        "variants",
    ]
    assert options["image"]["type"] == 11
    # The playground's application lacks the message content intent.
    assert {name: options[name]["description"] for name in UNSEEN_HELP} == UNSEEN_HELP
    assert options["palette"]["autocomplete"] and not options["palette"].get("choices")
    assert [choice["value"] for choice in options["format"]["choices"]] == list(FORMATS)
    assert [choice["value"] for choice in options["background"]["choices"]] == ["auto", "light", "dark"]
    assert [choice["value"] for choice in options["focus"]["choices"]] == list(FOCUSES)
    assert [option["name"] for option in commands["model"]["options"]] == [
        "list",
        "status",
        "reload",
        "rollback",
        "default",
        "upload",
    ]


def suggestions(discord: Controls, typed: str) -> list[str]:
    used = discord.autocomplete("ascii", "palette", {"palette": typed})
    found = discord.wait_for(lambda: discord.interaction(used["interaction_id"])["response_data"])
    return [choice["value"] for choice in found["choices"]]


def test_palettes_are_suggested_and_colours_completed(discord: Controls) -> None:
    assert suggestions(discord, "")[:2] == ["photo", "blue"]
    assert suggestions(discord, "gre") == ["green", "#adff2f", "#808080"], "the palette, greenyellow and grey"
    assert suggestions(discord, "#FF0000 00ff00") == ["#ff0000-#00ff00"]
    assert suggestions(discord, "plaid") == ["#0000ff-#ff69b4"]


def test_every_option_reaches_the_worker(discord: Controls, redis: Redis) -> None:
    asked = {
        "palette": "#FF0000-#00FF00",
        "columns": 120,
        "background": "dark",
        "focus": "0.75",
        "format": "svg",
        "animate": False,
    }
    discord.slash("ascii", asked, files={"image": ("SPOILER_cat.png", a_png()[1], "image/png")})
    (request,) = discord.wait_for(lambda: queued(redis))
    options = request.options
    assert (options.palette, options.columns, options.background) == ("#ff0000-#00ff00", 120, "dark")
    assert options.focus == 0.75
    assert (options.format, options.animate, request.spoiler) == ("svg", False, True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"palette": "plaid"}, "or give two colours like `#0000ff-#ff69b4`."),
        ({"palette": "#12-#34"}, "or give two colours like `#0000ff-#ff69b4`."),
        ({"columns": 500}, "I can draw 20 to 200 columns."),
        ({"columns": 19}, "I can draw 20 to 200 columns."),
    ],
)
def test_an_impossible_option_is_explained_before_anything_is_fetched(
    discord: Controls, redis: Redis, options: dict[str, object], sentence: str
) -> None:
    discord.fault(path="^/cdn/", delay_s=0.001, times=None)  # harmless, but it counts
    answer = discord.wait_for_answer(discord.slash("ascii", options, files={"image": a_png()}))
    assert sentence in answer["content"]
    assert answer["ephemeral_to"] == MIA_ID
    assert [fault["hits"] for fault in discord.faults()] == [0]
    assert queued(redis) == [] and redis.keys("glyphcord:picture*") == []


def test_a_picture_becomes_a_job_with_all_that_a_worker_needs(discord: Controls, redis: Redis) -> None:
    before = time.time()
    upload = a_png()
    used = discord.slash("ascii", {"palette": "green"}, files={"image": upload}, attachment_size_limit=12345678)
    answer = discord.wait_for_answer(used)
    assert answer["content"] == NO_WORKER
    assert answer["ephemeral_to"] is None
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.job_id == used["interaction_id"]
    assert (request.origin, request.options.palette) == ("command", "green")
    assert (request.options.columns, request.options.background, request.options.focus) == (None, "auto", None)
    assert (request.user_id, request.guild_id) == (MIA_ID, GUILD_ID)
    assert request.upload_limit == 12345678
    assert request.message_version == 1
    assert (request.reply.application_id, request.reply.channel_id) == (BOT_ID, ASCII_CHANNEL)
    assert request.reply.message_id == answer["id"]
    assert request.reply.token and not request.reply.private
    assert before - 1 <= request.created_at <= time.time() + 1  # by Redis's clock, which is read over a connection
    assert request.deadline_at == request.created_at + DEADLINE_S
    assert request.reply.token_expires_at == request.created_at + TOKEN_S
    assert PictureStore(redis, 60, 1).get(request.shas[0]) == upload[1]
    known = Messages(redis).request_of(answer["id"])
    assert known is not None and known.job_id == request.job_id


def test_the_default_is_photo_and_with_a_worker_awake_the_response_goes_on_thinking(
    discord: Controls, redis: Redis
) -> None:
    a_worker_reports(redis)
    used = discord.slash("ascii", files={"image": a_png()})
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.options.palette == "photo"
    answer = discord.answer_to(used)
    # What is said after three seconds may have been said by now.
    assert answer is not None
    assert (answer["loading"] and answer["edits"] == 0) or answer["content"].startswith("Waiting: ")


def test_private_is_seen_by_one_and_ends_before_the_token_does(discord: Controls, redis: Redis) -> None:
    used = discord.slash("ascii", {"private": True}, files={"image": a_png()})
    answer = discord.wait_for_answer(used)
    assert answer["ephemeral_to"] == MIA_ID
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.reply.private
    assert request.deadline_at == request.created_at + PRIVATE_DEADLINE_S
    assert request.deadline_at < request.reply.token_expires_at


def seen_by_all(discord: Controls, used: dict[str, Any]) -> list[str]:
    """What everybody in the channel can read of an interaction's answer."""
    answers = [m for m in discord.messages() if m["interaction_id"] == used["interaction_id"]]
    return [m["content"] for m in answers if m["ephemeral_to"] is None]


PNG = a_png()[1]


def a_bomb(width: int, height: int) -> bytes:
    """A PNG whose header claims a size (with the checksum it needs); the header is all that is read."""
    header = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + PNG[24:29]
    return PNG[:12] + header + zlib.crc32(header).to_bytes(4) + PNG[33:]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"hello, I am text", "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run", "not_a_picture"),
        (PNG[:20], "broken"),
        (a_png(1, 1)[1], "too_small"),
        (a_png(10, 1000)[1], "too_thin"),
        (a_bomb(20_000, 20_000), "too_many_pixels"),
    ],
)
def test_what_cannot_be_drawn_gets_one_sentence_and_no_job(
    discord: Controls, redis: Redis, data: bytes, code: str
) -> None:
    used = discord.slash("ascii", files={"image": ("innocent.png", data, "image/png")})
    answer = discord.wait_for_answer(used)
    first_words = SENTENCES[code].split("{")[0]
    assert answer["content"].startswith(first_words)
    assert answer["ephemeral_to"] == MIA_ID and "Reference" not in answer["content"]
    assert seen_by_all(discord, used) == [], "nobody else ever needs to know"
    assert "innocent" not in answer["content"]
    assert queued(redis) == [] and redis.keys("glyphcord:picture*") == []
    discord.wait_for(lambda: Jobs(redis).ended([used["interaction_id"]]))
    assert Jobs(redis).still_pending([used["interaction_id"]]) == set()


def test_a_file_over_the_cap_is_refused_by_what_it_declares(discord: Controls, redis: Redis) -> None:
    used = discord.slash("ascii", files={"image": a_png()}, declare={"image": {"size": MAX_VIDEO_BYTES + 1}})
    assert discord.wait_for_answer(used)["content"] == SENTENCES["too_many_bytes"].format(limit_mb=50)
    assert discord.interaction(used["interaction_id"])["response_type"] == 4, "answered at once, to one person"
    assert queued(redis) == []


@pytest.mark.parametrize("status", [404, 403])
def test_a_cdn_that_refuses_gets_the_user_a_sentence(discord: Controls, redis: Redis, status: int) -> None:
    discord.fault(path="^/cdn/", status=status)
    used = discord.slash("ascii", files={"image": a_png()})
    assert discord.wait_for_answer(used)["content"] == SENTENCES["attachment_gone"]
    assert seen_by_all(discord, used) == []
    assert queued(redis) == []


def test_a_style_that_nobody_knows_is_refused_before_anybody_sees_it(discord: Controls, redis: Redis) -> None:
    a_worker_reports(redis)
    used = discord.slash("ascii", {"style": "klassic"}, files={"image": a_png()})
    answer = discord.wait_for_answer(used)
    assert answer["ephemeral_to"] == MIA_ID
    assert discord.interaction(used["interaction_id"])["response_type"] == 4


def test_what_is_our_fault_stays_where_the_picture_would_have_been(discord: Controls, redis: Redis) -> None:
    used, request = a_waiting_job(discord, redis)
    withdraw(redis, request.job_id)
    redis.zadd(PENDING, {request.job_id: time.time()})
    discord.wait_for(lambda: "-# Reference" in (discord.answer_to(used) or {"content": ""})["content"])
    (words,) = seen_by_all(discord, used)
    assert plain(words) == SENTENCES["lost"]


def test_who_sent_a_broken_picture_is_told_alone_what_the_worker_found(discord: Controls, redis: Redis) -> None:
    a_worker_reports(redis)
    used, request = a_waiting_job(discord, redis)
    reason = EndReason(outcome="refused", code="broken", sentence=SENTENCES["broken"])
    assert Jobs(redis).leave(request.job_id, "a-try", reason, request=request) is Claim.LEFT
    told = discord.wait_for(lambda: (a := discord.answer_to(used)) and a["content"] == reason.sentence and a)
    assert told["ephemeral_to"] == MIA_ID and seen_by_all(discord, used) == []
    result = discord.wait_for(lambda: Jobs(redis).result_of(request.job_id))
    assert (result.outcome, result.code) == ("refused", "broken")


def test_a_bot_that_died_half_way_leaves_nobody_without_a_word(discord: Controls, redis: Redis) -> None:
    """It had taken the public answer away, and not yet said why."""
    a_worker_reports(redis)
    used, request = a_waiting_job(discord, redis)
    withdraw(redis, request.job_id)
    reason = EndReason(outcome="refused", code="too_small", sentence="That picture is too small.")
    Jobs(redis).note_reason(request.job_id, reason)
    discord.delete_message(request.reply.message_id)
    redis.zadd(PENDING, {request.job_id: time.time()})
    told = discord.wait_for(lambda: (a := discord.answer_to(used)) and a["content"] == reason.sentence and a)
    assert told["ephemeral_to"] == MIA_ID and seen_by_all(discord, used) == []


def test_the_operators_log_names_the_problem_and_no_token(
    discord: Controls, running_bot: BotProcess, redis: Redis
) -> None:
    used = discord.slash("ascii", files={"image": ("secret-name.png", b"no picture", "image/png")})
    discord.wait_for_answer(used)
    discord.wait_for(lambda: f"interaction={used['interaction_id']}" in running_bot.log)
    (line,) = (line for line in running_bot.log.splitlines() if f"interaction={used['interaction_id']}" in line)
    assert "code=not_a_picture reference=" in line and "detail=" in line
    assert "secret-name" not in running_bot.log
    good = discord.slash("ascii", files={"image": a_png()})
    discord.wait_for_answer(good)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.reply.token and request.reply.token not in running_bot.log
    assert TOKEN not in running_bot.log


def test_twenty_at_once_are_all_deferred_in_time_and_all_queued(discord: Controls, redis: Redis) -> None:
    a_worker_reports(redis)
    discord.fault(path="^/cdn/", delay_s=0.5, times=None)
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda _: discord.slash("ascii", files={"image": a_png()}), range(20)))
    discord.wait_for(lambda: len(queued(redis)) == 20)
    assert {request.job_id for request in queued(redis)} == {one["interaction_id"] for one in used}
    # The playground fails an interaction that is not acknowledged within three seconds.
    assert not any(discord.interaction(one["interaction_id"])["failed"] for one in used)


def test_an_acknowledgement_lost_on_the_way_back_does_not_lose_the_picture(discord: Controls, redis: Redis) -> None:
    discord.fault(method="POST", path="/callback$", drop="after")
    used = discord.slash("ascii", files={"image": a_png()})
    (request,) = discord.wait_for(lambda: queued(redis))
    answer = discord.answer_to(used)
    assert answer is not None
    assert request.reply.message_id == answer["id"]


def test_an_interaction_that_came_too_late_is_let_go(
    discord: Controls, redis: Redis, running_bot: BotProcess
) -> None:
    discord.fault(
        method="POST", path="/callback$", status=404, body={"code": 10062, "message": "Unknown interaction"}
    )
    used = discord.slash("ascii", files={"image": a_png()})
    lost = f"interaction lost interaction={used['interaction_id']} code=10062"
    discord.wait_for(lambda: lost in running_bot.log)
    assert queued(redis) == []
    assert discord.answer_to(used) is None
    assert f"interaction={used['interaction_id']} user=" not in running_bot.log  # no problem was reported


def test_a_cdn_in_trouble_for_too_long_ends_in_a_sentence(redis_url: str, tmp_path: Path) -> None:
    troubles: list[tuple[dict[str, object], str]] = [
        ({"stall": True}, "attachment_slow"),
        ({"status": 503}, "attachment_failed"),
    ]
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path, ATTACHMENT_TIMEOUT_S="3"):
        for trouble, code in troubles:
            own.controls.fault(path="^/cdn/", times=1000, **trouble)
            used = own.controls.slash("ascii", files={"image": a_png()})
            assert plain(own.controls.wait_for_answer(used)["content"]) == SENTENCES[code]
            own.controls.clear_faults()


def test_the_cdn_of_someone_else_is_refused(redis_url: str, tmp_path: Path) -> None:
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path, DISCORD_CDN_HOSTS="cdn.discordapp.com"):
        used = own.controls.slash("ascii", files={"image": a_png()})
        assert plain(own.controls.wait_for_answer(used)["content"]) == SENTENCES["attachment_host"]


def test_redis_down_is_said_and_the_bot_recovers_by_itself(tmp_path: Path) -> None:
    server = start_valkey()
    url = f"redis://127.0.0.1:{server.port}/0"

    def answer(controls: Controls) -> Any:
        return controls.wait_for_answer(controls.slash("ascii", files={"image": a_png()}))["content"]

    with forked_playground() as own, BotProcess(own, url + HASTY, tmp_path) as bot:
        assert answer(own.controls) == NO_WORKER
        port = server.port
        server.stop()
        assert plain(answer(own.controls)) == SENTENCES["queue_down"]
        server = start_valkey(port=port)
        try:
            assert answer(own.controls) == NO_WORKER
            with connect(url, patient=True) as redis:
                assert len(own.controls.wait_for(lambda: queued(redis))) == 1
                pid = redis.info()["process_id"]
            # A server that takes connections and says nothing is as good as down.
            os.kill(pid, signal.SIGSTOP)
            try:
                assert plain(answer(own.controls)) == SENTENCES["queue_down"]
            finally:
                os.kill(pid, signal.SIGCONT)
            assert answer(own.controls) == NO_WORKER
        finally:
            server.stop()
        # And a bot that finds no Redis at all still starts, and answers.
        assert bot.stop() == 0
        bot.start()
        assert plain(answer(own.controls)) == SENTENCES["queue_down"]
        assert "Traceback" not in bot.log
