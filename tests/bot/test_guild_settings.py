"""`/settings` through the whole program: who may, what follows at once, settings carried from server to server."""

import asyncio
import json
import threading
from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from discord import Object
from redis import Redis

from bot.commands.settings_after_removal import SettingsAfterRemoval
from bot.commands.settings_text import KEPT, LOGS, NO_LOG, RESET
from bot.render.admission import Asker, allow
from jobs.registry.weights import MODELS_KEY, WeightsStore
from jobs.server_settings import GRACE_S, GuildSettings, GuildStore
from jobs.text.sentences import SENTENCES, ServiceProblem, is_interim
from models.options import RenderOptions
from playground.testing import (
    ADA_ID,
    ADMIN_ROLE,
    ASCII_CHANNEL,
    GENERAL_CHANNEL,
    GUILD_ID,
    MIA_ID,
    MOD_ID,
    MODERATOR_ROLE,
    SAM_ID,
    Controls,
    PlaygroundProcess,
    Refused,
)
from playground.testing.client import PATIENCE_S
from tests.bot.processes import BotProcess, a_png, only, queued
from tests.bot.test_reaction import probe, replies_to
from tests.bot.test_results import CLOSED_CHANNEL, a_result
from tests.fork_server import forked_playground
from tests.sentences import plain

ELSEWHERE = "150000000000000999"
"""A channel, or a role, that is none of this server's."""


def settle(discord: Controls, command: str, options: dict[str, object] | None = None, **more: Any) -> str:
    """Use `/settings …` as Ada, who owns the server; what she is told."""
    answer = discord.wait_for_answer(discord.slash(f"settings {command}", options, user=ADA_ID, **more))
    assert answer["ephemeral_to"] == ADA_ID
    return str(answer["content"])


def announce(redis: Redis, name: str) -> None:
    """There is a style of that name, as far as a bot can tell."""
    WeightsStore(redis, budget=0).announce(name, "a" * 64, "a-worker")


def asked(discord: Controls, *, user: str = MIA_ID, channel: str = ASCII_CHANNEL) -> str:
    """What somebody is told when they ask; "" when it is taken."""
    used = discord.slash("ascii", files={"image": a_png()}, user=user, channel=channel)
    answer = discord.wait_for_answer(used)
    return "" if is_interim(answer["content"]) else str(answer["content"])


def test_only_who_manages_the_server_sees_the_commands(discord: Controls) -> None:
    for user in (MIA_ID, MOD_ID):
        with pytest.raises(Refused):
            discord.slash("settings show", user=user)


def test_channels_take_effect_at_once_and_are_named(discord: Controls, redis: Redis) -> None:
    assert f"<#{GENERAL_CHANNEL}>" in settle(discord, "channel", {"channel": GENERAL_CHANNEL})
    assert asked(discord) == SENTENCES["wrong_channel"].format(channels=f"<#{GENERAL_CHANNEL}>")
    assert asked(discord, channel=GENERAL_CHANNEL) == ""
    settle(discord, "channel", {"channel": GENERAL_CHANNEL, "allow": False})
    assert asked(discord) == ""


def test_roles_and_the_blocked(discord: Controls, redis: Redis) -> None:
    settle(discord, "role", {"role": MODERATOR_ROLE})
    assert asked(discord) == SENTENCES["wrong_role"]
    assert asked(discord, user=MOD_ID) == ""
    settle(discord, "block", {"user": MOD_ID})
    assert asked(discord, user=MOD_ID) == SENTENCES["blocked"]
    settle(discord, "unblock", {"user": MOD_ID})
    settle(discord, "role", {"role": MODERATOR_ROLE, "allow": False})
    assert asked(discord, user=MOD_ID) == asked(discord) == ""


def test_defaults_are_the_servers_and_what_is_asked_for_goes_before_them(discord: Controls, redis: Redis) -> None:
    look = {"palette": "#FF0000 #00FF00", "background": "dark", "focus": "0.75"}
    told = settle(discord, "defaults", look | {"private": True, "spoiler": True})
    assert "**Palette:** #ff0000-#00ff00, dark background\n**Focus:** Mostly the subject\n" in told
    used = discord.slash("ascii", files={"image": a_png()})
    request = only(discord, redis)
    options = request.options
    assert (options.palette, options.background, request.spoiler) == ("#ff0000-#00ff00", "dark", True)
    assert request.options.focus == 0.75
    answer = discord.answer_to(used)
    assert answer is not None and answer["ephemeral_to"] == MIA_ID and request.reply.private
    redis.delete("rq:queue:glyphcord")
    discord.slash("ascii", {"palette": "green", "focus": "auto", "private": False}, files={"image": a_png()})
    request = only(discord, redis)
    assert (request.options.palette, request.options.background, request.reply.private) == ("green", "dark", False)
    assert request.options.focus is None
    told = settle(discord, "defaults", {"background": "auto", "focus": "auto"})
    assert ", background chosen for each picture\n**Focus:** Auto (as suits the picture)\n" in told
    assert (GuildStore(redis).get(GUILD_ID).background, GuildStore(redis).get(GUILD_ID).focus) == ("auto", None)
    assert SENTENCES["bad_palette"].split("{")[0] in settle(discord, "defaults", {"palette": "plaid"})
    assert SENTENCES["bad_columns"].split("{")[0] in settle(discord, "defaults", {"columns": 7})


def test_settings_that_come_late_hold_and_what_they_keep_private_is_not_drawn_for_all(
    discord: Controls, redis: Redis
) -> None:
    settle(discord, "defaults", {"palette": "amber", "private": True})

    def begun(options: dict[str, object]) -> dict[str, Any]:
        """Asked again where a busy machine lets the three seconds pass, of which waiting for Redis takes one."""
        used = discord.slash("ascii", options, files={"image": a_png()})
        name = used["interaction_id"]
        discord.wait_for(lambda: discord.answer_to(used) or discord.interaction(name)["failed"])
        return used if discord.answer_to(used) else begun(options)

    redis.client_pause(60_000, all=False)  # until both answers have begun: settings are read, and no job is charged
    try:
        by_default, for_all = begun({}), begun({"private": False})
    finally:
        redis.client_unpause()
    assert plain(discord.wait_for_answer(by_default)["content"]) == SENTENCES["queue_down"]
    request = only(discord, redis)
    assert (request.job_id, request.options.palette) == (for_all["interaction_id"], "amber")


def test_size_format_style_and_motion_have_defaults_too(discord: Controls, redis: Redis) -> None:
    assert settle(discord, "defaults", {"style": "lines"}) == plain(SENTENCES["no_style"])
    announce(redis, "classic")
    assert "classic" in settle(discord, "defaults", {"style": "lines"})  # in place of one that is not there
    announce(redis, "lines")
    told = settle(discord, "defaults", {"columns": 150, "format": "svg", "style": "lines", "animate": False})
    for line in (
        "**Columns:** 150",
        "**Format:** Vector drawing (SVG file)",
        "**Style:** lines",
        "a still picture",
    ):
        assert line in told
    discord.slash("ascii", files={"image": a_png()})
    options = only(discord, redis).options
    assert (options.columns, options.format, options.style, options.animate) == (150, "svg", "lines", False)
    redis.delete("rq:queue:glyphcord")
    asked_for = {"columns": 0, "format": "picture", "style": "auto", "animate": True}
    discord.slash("ascii", asked_for, files={"image": a_png()})
    assert only(discord, redis).options == RenderOptions()
    redis.delete("rq:queue:glyphcord")
    redis.delete(MODELS_KEY)  # a style that is no more stops nobody who did not ask for it
    discord.slash("ascii", files={"image": a_png()})
    assert only(discord, redis).options.style is None
    told = settle(discord, "defaults", {"columns": 0, "style": "auto"})
    assert "as many as suit the picture" in told and "the bot's default" in told


def test_age_restricted_only(discord: Controls, redis: Redis) -> None:
    settle(discord, "age_restricted", {"only": True})
    assert asked(discord) == SENTENCES["age_restricted_only"]


def test_reactions_and_buttons_can_be_left_to_who_asked(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    settle(discord, "reactions", {"who": "requester"})
    for button in ("pink", "text", "redo"):
        answer = discord.wait_for_answer(discord.click(message_id, f"glyph:{button}", user=SAM_ID))
        assert (answer["content"], answer["ephemeral_to"]) == (SENTENCES["not_yours"], SAM_ID)
    discord.react(message_id, "🩷", user=SAM_ID)
    probe(discord)
    assert queued(redis) == [] and not [m for m in replies_to(discord, message_id) if not m["ephemeral_to"]]
    discord.react(message_id, "🩷", user=MIA_ID)
    assert only(discord, redis).options.palette == "pink"


def test_rules_hold_for_reactions_too(playground: PlaygroundProcess, discord: Controls, redis: Redis) -> None:
    message_id = a_result(playground, redis).reply.message_id
    settle(discord, "role", {"role": MODERATOR_ROLE})
    discord.react(message_id, "🩷", user=MIA_ID)
    settle(discord, "block", {"user": ADA_ID})
    discord.react(message_id, "🩷", user=ADA_ID)
    probe(discord)
    assert queued(redis) == [] and replies_to(discord, message_id) == []
    discord.react(message_id, "🩷", user=MOD_ID)
    assert only(discord, redis).user_id == MOD_ID


def test_the_log_channel_hears_who_asked_and_who_decided(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    settle(discord, "log", {"channel": GENERAL_CHANNEL})
    request = a_result(playground, redis, private=True)
    message_id = a_result(playground, redis).reply.message_id
    settle(discord, "block", {"user": SAM_ID})
    discord.react(message_id, "🩷", user=ADA_ID)
    in_pink = only(discord, redis)
    discord.click(message_id, "glyph:delete", user=MOD_ID)

    def lines() -> list[str]:
        return [m["content"] for m in discord.messages(GENERAL_CHANNEL)]

    deleted = f"<@{MOD_ID}> deleted a picture that <@{MIA_ID}> asked for"
    discord.wait_for(lambda: any(deleted in line for line in lines()))
    discord.wait_for(lambda: any(in_pink.job_id in line for line in lines()))
    said = "\n".join(lines())
    assert f"<@{MIA_ID}> asked for a private picture in <#{ASCII_CHANNEL}> (`{request.job_id}`)" in said
    assert f"<@{MIA_ID}> asked for a picture in https://discord.com/channels/{GUILD_ID}/" in said
    place = f"https://discord.com/channels/{GUILD_ID}/{ASCII_CHANNEL}/{in_pink.reply.message_id}"
    assert f"<@{ADA_ID}> asked for a picture in {place} (`{in_pink.job_id}`)" in said
    assert f"<@{ADA_ID}> blocked <@{SAM_ID}>" in said
    assert all(m["mentions"] == [] for m in discord.messages(GENERAL_CHANNEL))


def test_a_log_channel_hears_that_it_is_one_no_more(discord: Controls, redis: Redis) -> None:
    last = discord.messages(GENERAL_CHANNEL)[-1:]

    def lines(channel: str) -> list[str]:
        new = [m["content"] for m in discord.messages(channel) if not last or int(m["id"]) > int(last[0]["id"])]
        return sorted(line for line in new if line.startswith("⚙️"))

    def logged(line: str, channel: str) -> str:
        return f"⚙️ {line.format(by=f'<@{ADA_ID}>', what=f'<#{channel}>')}"

    for channel in (GENERAL_CHANNEL, GENERAL_CHANNEL, ASCII_CHANNEL):
        settle(discord, "log", {"channel": channel})
    settle(discord, "log")
    settle(discord, "log", {"channel": GENERAL_CHANNEL})
    answer_question(discord, "erase")
    here, there = logged(LOGS, GENERAL_CHANNEL), logged(LOGS, ASCII_CHANNEL)
    everything = sorted([here, here, there, here, logged(RESET, "")])
    discord.wait_for(lambda: lines(GENERAL_CHANNEL) == everything)
    discord.wait_for(lambda: lines(ASCII_CHANNEL) == sorted([there, logged(NO_LOG, "")]))


def test_a_log_channel_in_which_the_bot_may_not_write_is_refused_and_stops_nothing(
    discord: Controls, redis: Redis
) -> None:
    assert settle(discord, "log", {"channel": CLOSED_CHANNEL}) == SENTENCES["log_closed"]
    assert GuildStore(redis).get(GUILD_ID).log_channel is None
    # It may be closed later.
    GuildStore(redis).update(GUILD_ID, lambda _: GuildSettings(log_channel=CLOSED_CHANNEL))
    assert asked(discord) == ""


def answer_question(discord: Controls, action: str, *, forgotten: Redis | None = None) -> str:
    """Use `/settings reset` and press one of its two buttons; what stands there then."""
    asked = discord.wait_for_answer(discord.slash("settings reset", user=ADA_ID))
    assert asked["ephemeral_to"] == ADA_ID and "Reset **all** settings" in asked["content"]
    if forgotten is not None:
        assert 0 < forgotten.ttl(f"glyphcord:asked:{ADA_ID}") <= 15 * 60
        forgotten.delete(f"glyphcord:asked:{ADA_ID}")
    pressed = discord.click(asked["id"], f"glyph:{action}:{ADA_ID}", user=ADA_ID)
    if forgotten is not None:
        return str(discord.wait_for_answer(pressed)["content"])

    def answered() -> str | None:
        now = next(m for m in discord.messages() if m["id"] == asked["id"])
        return str(now["content"]) if now["content"] != asked["content"] and now["components"] == [] else None

    return discord.wait_for(answered)


def test_a_reset_asks_first(discord: Controls, redis: Redis) -> None:
    settle(discord, "defaults", {"palette": "amber"})
    before = GuildStore(redis).get(GUILD_ID)
    assert answer_question(discord, "keep") == KEPT
    assert GuildStore(redis).get(GUILD_ID) == before
    # Too late, or never asked: the id of a button alone, which anybody can send, does nothing.
    assert answer_question(discord, "erase", forgotten=redis) == SENTENCES["question_old"]
    assert GuildStore(redis).get(GUILD_ID) == before
    assert answer_question(discord, "erase").startswith("Saved.")
    assert GuildStore(redis).get(GUILD_ID) == GuildSettings()
    store = GuildStore(redis)
    store.ask(GUILD_ID, ADA_ID)
    assert not store.answered("1", ADA_ID) and not store.answered(GUILD_ID, ADA_ID), "once, and for that server"
    store.ask(GUILD_ID, ADA_ID)
    assert not store.answered(GUILD_ID, MIA_ID) and store.answered(GUILD_ID, ADA_ID)


def test_settings_are_carried_in_a_file(discord: Controls, redis: Redis) -> None:
    settle(discord, "role", {"role": ADMIN_ROLE})
    settle(discord, "defaults", {"palette": "amber"})
    before = GuildStore(redis).get(GUILD_ID)
    used = discord.slash("settings export", user=ADA_ID)
    file = discord.wait_for_answer(used)["attachments"][0]
    data = discord.fetch(file["url"])
    assert json.loads(data)["palette"] == "amber"
    answer_question(discord, "erase")
    assert GuildStore(redis).get(GUILD_ID) == GuildSettings()
    assert "amber" in settle(discord, "import", files={"file": (file["filename"], data, "application/json")})
    assert GuildStore(redis).get(GUILD_ID) == before


@pytest.mark.parametrize("data", [b"not json", b"[]", b'{"channels": ["everywhere"]}', b'{"schema_version": 9}'])
def test_a_file_of_other_things_changes_nothing(discord: Controls, redis: Redis, data: bytes) -> None:
    settle(discord, "defaults", {"palette": "amber"})
    told = settle(discord, "import", files={"file": ("settings.json", data, "application/json")})
    assert plain(told) == SENTENCES["bad_settings"]
    assert GuildStore(redis).get(GUILD_ID).palette == "amber"


def test_a_file_cannot_make_the_bot_write_on_another_server(discord: Controls, redis: Redis) -> None:
    for channel, kept in ((ASCII_CHANNEL, ASCII_CHANNEL), (ELSEWHERE, None)):
        data = GuildSettings(log_channel=channel).model_dump_json().encode()
        settle(discord, "import", files={"file": ("settings.json", data, "application/json")})
        assert GuildStore(redis).get(GUILD_ID).log_channel == kept


def test_of_a_file_from_another_server_the_places_and_roles_that_are_not_here_are_left_out(
    discord: Controls, redis: Redis
) -> None:
    there = GuildSettings(
        channels=frozenset({ELSEWHERE, ASCII_CHANNEL}), roles=frozenset({ELSEWHERE}), palette="amber"
    )
    data = there.model_dump_json().encode()
    settle(discord, "import", files={"file": ("settings.json", data, "application/json")})
    kept = GuildStore(redis).get(GUILD_ID)
    assert (kept.channels, kept.roles, kept.palette) == (frozenset({ASCII_CHANNEL}), frozenset(), "amber")


def test_settings_outlive_the_bot(redis_url: str, redis: Redis, tmp_path: Path) -> None:
    with forked_playground() as own:
        with BotProcess(own, redis_url, tmp_path):
            settle(own.controls, "block", {"user": MIA_ID})
        with BotProcess(own, redis_url, tmp_path):
            assert asked(own.controls) == SENTENCES["blocked"]
            assert f"<@{MIA_ID}>" in settle(own.controls, "show")


def an_asker(**changes: Any) -> Asker:
    fields: dict[str, Any] = {
        "job_id": "1",
        "user_id": "5",
        "guild_id": "6",
        "until": 0.0,
        "channel_ids": frozenset({"7", "8"}),
        "role_ids": frozenset({"9"}),
    }
    return Asker(**fields | changes)


@pytest.mark.parametrize(
    ("settings", "asker", "code"),
    [
        ({}, {}, ""),
        ({"channels": ["7"]}, {}, ""),  # a thread's channel counts
        ({"channels": ["1"]}, {}, "wrong_channel"),
        ({"roles": ["9", "10"]}, {}, ""),
        ({"roles": ["10"]}, {}, "wrong_role"),
        ({"age_restricted_only": True}, {"age_restricted": True}, ""),
        ({"age_restricted_only": True}, {}, "age_restricted_only"),
        ({"blocked": ["5"], "channels": ["1"], "roles": ["1"]}, {}, "blocked"),
        ({"channels": ["1"], "roles": ["1"]}, {}, "wrong_channel"),
    ],
)
def test_the_rules_and_their_order(settings: dict[str, Any], asker: dict[str, Any], code: str) -> None:
    rules = GuildSettings.model_validate(settings)
    if not code:
        allow(rules, an_asker(**asker))
        return
    with pytest.raises(ServiceProblem) as problem:
        allow(rules, an_asker(**asker))
    assert problem.value.code == code


def test_a_refusal_names_some_channels_and_no_more() -> None:
    many = GuildSettings(channels=frozenset(str(n) for n in range(10, 40)))
    with pytest.raises(ServiceProblem) as problem:
        allow(many, an_asker())
    assert str(problem.value).count("<#") == 5 and ", …" in str(problem.value)


def test_settings_go_some_days_after_the_bot_was_removed(discord: Controls, redis: Redis) -> None:
    def lives() -> int:
        return int(redis.ttl(f"glyphcord:guild:{GUILD_ID}"))

    settle(discord, "block", {"user": SAM_ID})
    discord.gateway("send", event="GUILD_DELETE", data={"id": GUILD_ID, "unavailable": True})
    probe(discord)
    assert lives() == -1, "an outage of Discord's is no removal"
    discord.gateway("join")
    discord.gateway("send", event="GUILD_DELETE", data={"id": GUILD_ID})
    discord.wait_for(lambda: lives() > 0)
    assert GRACE_S - 60 < lives() <= GRACE_S
    discord.gateway("join")  # a mistake, which is put right within these days
    discord.wait_for(lambda: lives() == -1)
    assert SAM_ID in GuildStore(redis).get(GUILD_ID).blocked


async def test_of_a_coming_and_a_going_the_later_counts(redis: Redis) -> None:
    store, slow = GuildStore(redis), threading.Event()
    store.update(GUILD_ID, lambda old: old.model_copy(update={"reactors": "requester"}))
    joined = store.joined

    def slowly(guild_ids: Collection[str]) -> None:
        slow.wait(PATIENCE_S)
        joined(guild_ids)

    store.joined = slowly  # type: ignore[method-assign]
    nobody: Any = None
    services: Any = SimpleNamespace(guilds=store)
    cog, guild = SettingsAfterRemoval(nobody, services), Object(int(GUILD_ID))
    coming = asyncio.create_task(cog.on_guild_join(guild))  # type: ignore[arg-type]
    going = asyncio.create_task(cog.on_guild_remove(guild))  # type: ignore[arg-type]
    overtaken, _ = await asyncio.wait({going}, timeout=0.2)
    slow.set()
    await asyncio.gather(coming, going)
    assert not overtaken and redis.ttl(f"glyphcord:guild:{GUILD_ID}") > 0


def test_a_bot_that_was_down_when_it_was_removed_finds_out_at_its_start(
    redis_url: str, redis: Redis, tmp_path: Path
) -> None:
    store, gone = GuildStore(redis), "150000000000000777"
    for guild_id in (GUILD_ID, gone):
        store.update(guild_id, lambda old: old.model_copy(update={"reactors": "requester"}))
    redis.expire(f"glyphcord:guild:{GUILD_ID}", 1000)  # and was added again
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path):
        own.controls.wait_for(lambda: redis.ttl(f"glyphcord:guild:{gone}") > 0)
        own.controls.wait_for(lambda: redis.ttl(f"glyphcord:guild:{GUILD_ID}") == -1)
    redis.expire(f"glyphcord:guild:{gone}", 100)
    store.left({gone})
    assert redis.ttl(f"glyphcord:guild:{gone}") <= 100, "it does not begin anew with each start"
