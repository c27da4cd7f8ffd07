"""The program's beginning and end: a refused token, a stop in the middle of work, the gateway's disturbances."""

import signal
from pathlib import Path

import pytest
from redis import Redis

from glyphcord.exit_codes import REFUSED
from jobs.text.sentences import SENTENCES
from playground.testing import Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, queued
from tests.bot.test_reaction import a_drawn_picture, probe, replies_to
from tests.fork_server import forked_playground


def test_a_wrong_token_is_one_readable_line(playground: PlaygroundProcess, tmp_path: Path) -> None:
    bot = BotProcess(
        playground, "redis://127.0.0.1:1/0", tmp_path, DISCORD_TOKEN="not-the-token", LOG_LEVEL="ERROR"
    )
    bot.launch()
    assert bot.process is not None and bot.process.wait(60) == REFUSED
    assert bot.log.count("\n") == 1
    assert "DISCORD_TOKEN" in bot.log and "not-the-token" not in bot.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(playground: PlaygroundProcess, tmp_path: Path, number: signal.Signals) -> None:
    with BotProcess(playground, "redis://127.0.0.1:1/0", tmp_path) as bot:
        assert bot.stop(number) == 0
        assert "Traceback" not in bot.log and "Unclosed" not in bot.log


def test_a_signal_during_login_ends_it_too(tmp_path: Path) -> None:
    with forked_playground() as own:
        own.controls.fault(path="/users/@me", stall=True)
        bot = BotProcess(own, "redis://127.0.0.1:1/0", tmp_path).launch()
        own.controls.wait_for(lambda: own.controls.faults()[0]["hits"])
        assert bot.stop() == 0
        assert "Traceback" not in bot.log


@pytest.mark.parametrize("slow", ["acknowledgement", "picture"])
def test_a_stop_tells_those_who_wait(redis_url: str, tmp_path: Path, slow: str) -> None:
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path) as bot:
        if slow == "acknowledgement":
            own.controls.fault(method="POST", path="/callback$", delay_s=0.4)
        own.controls.fault(path="^/cdn/", stall=True)
        used = own.controls.slash("ascii", files={"image": a_png()})
        own.controls.wait_for(lambda: own.controls.faults()[0]["hits"])
        assert bot.stop() == 0
        answer = own.controls.answer_to(used)
        assert answer is not None and answer["content"] == SENTENCES["restarting"]
        assert "Traceback" not in bot.log


@pytest.mark.parametrize("action", ["drop", "reconnect"])
def test_commands_work_again_after_the_gateway_was_disturbed(
    discord: Controls, redis: Redis, running_bot: BotProcess, action: str
) -> None:
    discord.wait_for(lambda: "has connected to Gateway" in running_bot.log)  # else there is nothing to resume
    resumed = running_bot.log.count("RESUMED")
    assert discord.gateway(action) == 1
    discord.wait_for(lambda: running_bot.log.count("RESUMED") > resumed)
    discord.slash("ascii", files={"image": a_png()})
    assert len(discord.wait_for(lambda: queued(redis))) == 1


def test_a_reaction_missed_while_the_gateway_was_away_is_answered_once(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, running_bot: BotProcess
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    resumed = running_bot.log.count("RESUMED")
    assert running_bot.process is not None
    # Held still meanwhile, or it may be back before the reaction is there.
    running_bot.process.send_signal(signal.SIGSTOP)
    try:
        discord.gateway("drop")
        discord.react(message_id)
        assert discord.state()["sessions"] == 0, "nobody has heard it"
    finally:
        running_bot.process.send_signal(signal.SIGCONT)
    discord.wait_for(lambda: running_bot.log.count("RESUMED") > resumed)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.job_id == f"{message_id}-pink"
    probe(discord)
    assert len(replies_to(discord, message_id)) == len(queued(redis)) == 1


def test_after_an_invalid_session_the_bot_identifies_anew_and_answers(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, running_bot: BotProcess
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    connected = running_bot.log.count("has connected to Gateway")
    discord.gateway("invalid_session")
    discord.wait_for(lambda: running_bot.log.count("has connected to Gateway") > connected)
    discord.react(message_id)
    assert discord.wait_for(lambda: [r.job_id for r in queued(redis)]) == [f"{message_id}-pink"]
    assert "Traceback" not in running_bot.log


def test_a_bot_killed_in_mid_flight_loses_neither_queue_nor_memory(
    redis_url: str, redis: Redis, tmp_path: Path
) -> None:
    with forked_playground() as own:
        with BotProcess(own, redis_url, tmp_path) as bot:
            first = a_drawn_picture(own, redis).reply.message_id
            own.controls.slash("ascii", files={"image": a_png()})
            (waiting,) = own.controls.wait_for(lambda: queued(redis))
            bot.stop(signal.SIGKILL)
        with BotProcess(own, redis_url, tmp_path):
            own.controls.react(first)
            own.controls.wait_for(lambda: len(queued(redis)) == 2)
            assert [job.job_id for job in queued(redis)] == [waiting.job_id, f"{first}-pink"]
