"""The buttons under a finished picture, through the whole program, also after a restart."""

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.components.redo_form import form_for
from jobs.lifecycle.job import Jobs
from jobs.registry.weights import WeightsStore
from jobs.schema import RenderRequest, RenderResult
from jobs.server_settings import GuildStore
from jobs.text.buttons import result_rows
from jobs.text.sentences import SENTENCES
from jobs.text.translation import ENGLISH
from models.options import RenderOptions
from playground.testing import (
    ADA_ID,
    ASCII_CHANNEL,
    BOT_ID,
    GUILD_ID,
    MIA_ID,
    MOD_ID,
    SAM_ID,
    Controls,
    PlaygroundProcess,
)
from tests.bot.processes import BotProcess, a_png, call, only, queued
from tests.bot.test_reaction import posts, probe, replies_to
from tests.bot.test_slash import a_worker_reports
from tests.fork_server import forked_playground
from tests.jobs.requests import a_request
from tests.sentences import plain

QUEUE = "rq:queue:glyphcord"
CLOSED_CHANNEL = "150000000000000003"
"""One in which the bot may not write."""
WITH_SAM = "160000000000000009"
FILLED_IN: dict[str, Any] = {
    "palette": ["blue"],
    "columns": "64",
    "background": ["light"],
    "focus": ["auto"],
    "format": ["picture"],
}
"""A form as somebody sends it in."""


def a_result(
    playground: PlaygroundProcess,
    redis: Redis,
    *,
    user: str = MIA_ID,
    channel: str = ASCII_CHANNEL,
    **options: object,
) -> RenderRequest:
    """A picture on its message with the buttons under it, as a worker leaves it."""
    controls = playground.controls
    used = controls.slash("ascii", options, files={"image": a_png()}, user=user, channel=channel)
    (request,) = controls.wait_for(lambda: [r for r in queued(redis) if r.job_id == used["interaction_id"]])
    rows = result_rows(request.options, request.reply.language, comparable=request.own)
    put_buttons(playground, request, rows)
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="posted", background="light"))
    redis.delete(QUEUE)
    a_worker_reports(redis)
    return request


def put_buttons(playground: PlaygroundProcess, request: RenderRequest, rows: tuple[dict[str, Any], ...]) -> None:
    """Fill a request's message as a worker does."""
    reply = request.reply
    path = f"/webhooks/{reply.application_id}/{reply.token}/messages/@original"
    call(playground, "PATCH", path, {"content": "the picture", "components": list(rows)})


def shown(controls: Controls, message_id: str) -> dict[str, Any] | None:
    state = controls.state()["messages"]
    return next((m for messages in state.values() for m in messages if m["id"] == message_id), None)


def chosen(select: dict[str, Any]) -> str:
    """The value that a select of a form begins with."""
    (value,) = (option["value"] for option in select["options"] if option.get("default"))
    return str(value)


def labels(request: RenderRequest) -> list[str]:
    return [button["label"] for button in result_rows(request.options, request.reply.language)[0]["components"]]


def test_only_buttons_that_change_something_are_offered() -> None:
    assert labels(a_request()) == ["Pink", "Text", "Redo…", "Delete"]
    assert labels(a_request(palette="pink")) == ["Text", "Redo…", "Delete"]
    assert labels(a_request(format="file")) == ["Pink", "Redo…", "Delete"]
    mine = [row["components"] for row in result_rows(RenderOptions(), ENGLISH, comparable=True)]
    assert [button["label"] for row in mine for button in row] == ["Pink", "Text", "Compare", "Redo…", "Delete"]
    as_text = result_rows(RenderOptions(format="phone"), ENGLISH, comparable=True)[0]["components"]
    assert "Compare" not in [button["label"] for button in as_text], "it shows a picture"


def test_pink_by_button_and_by_reaction_is_one_picture(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    discord.click(message_id, "glyph:pink", user=ADA_ID)
    request = only(discord, redis)
    assert (request.job_id, request.options.palette) == (f"{message_id}-pink", "pink")
    discord.react(message_id, "🩷")
    probe(discord)
    (reply,) = replies_to(discord, message_id)
    assert len(queued(redis)) == 1
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="posted"))
    answer = discord.wait_for_answer(discord.click(message_id, "glyph:pink", user=SAM_ID))
    assert answer["content"].endswith(f"/{reply['id']}") and answer["ephemeral_to"] == SAM_ID


@pytest.mark.parametrize(
    ("emoji", "look"), [("💚", ("green", "auto")), ("🤍", ("mono", "dark")), ("🌈", ("photo", "auto"))]
)
def test_other_reactions_ask_for_other_looks(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, emoji: str, look: tuple[str, str]
) -> None:
    message_id = a_result(playground, redis, palette="blue").reply.message_id
    discord.react(message_id, emoji)
    request = only(discord, redis)
    assert (request.options.palette, request.options.background) == look
    assert len(replies_to(discord, message_id)) == 1
    assert posts(discord)[-1]["content"].startswith(f"Drawing it in {look[0]}")


def test_several_looks_of_one_picture_are_several_replies(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_result(playground, redis, palette="mono").reply.message_id
    for emoji in ("🩷", "🤍", "💙", "🖤"):  # the last is how it looks already
        discord.react(message_id, emoji)
    discord.wait_for(lambda: len(queued(redis)) == 3)
    probe(discord)
    assert {r.job_id.partition("-")[2] for r in queued(redis)} == {"pink", "mono-dark", "blue"}
    assert len(replies_to(discord, message_id)) == 3


def test_a_paper_that_was_asked_for_is_the_one_there_is(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    """Where one of several drawings was taken, the result tells of the first one's paper."""
    message_id = a_result(playground, redis, palette="mono", background="dark").reply.message_id
    for emoji in ("🤍", "🖤"):
        discord.react(message_id, emoji)
    only(discord, redis)
    probe(discord)
    assert [r.job_id.partition("-")[2] for r in queued(redis)] == ["mono-light"]


def as_text(discord: Controls, message_id: str, screen: str, user: str = MIA_ID) -> dict[str, Any]:
    """Press Text under a picture, then the button of a screen; the second click."""
    asked = discord.wait_for_answer(discord.click(message_id, "glyph:text", user=user))
    assert asked["ephemeral_to"] == user
    found = {b["label"]: b["custom_id"] for row in asked["components"] for b in row["components"]}
    assert list(found) == ["Phone", "Computer"]
    return discord.click(asked["id"], found[screen], user=user)


@pytest.mark.parametrize(("screen", "format"), [("Phone", "phone"), ("Computer", "text")])
def test_text_asks_for_which_screen_and_is_a_new_message_for_all(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, screen: str, format: str
) -> None:
    first = a_result(playground, redis, palette="green", columns=90, background="dark", focus="0.75")
    used = as_text(discord, first.reply.message_id, screen, user=ADA_ID)
    text = only(discord, redis)
    assert (text.origin, text.options.format, text.options.columns) == ("button", format, None)
    assert (text.options.palette, text.options.background, text.options.focus) == ("green", "auto", 0.75)
    assert (text.shas, text.user_id) == (first.shas, ADA_ID)
    answer = discord.answer_to(used)
    assert answer is not None and answer["id"] == text.reply.message_id != first.reply.message_id
    assert answer["ephemeral_to"] is None


def test_text_of_a_private_picture_is_private(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, private=True)
    used = as_text(discord, first.reply.message_id, "Phone")
    assert only(discord, redis).reply.private
    answer = discord.answer_to(used)
    assert answer is not None and answer["ephemeral_to"] == MIA_ID


def test_redo_shows_what_the_picture_is_and_makes_a_new_message_with_what_was_asked(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, palette="green", columns=90, background="dark", focus="0.75")
    opened = discord.click(first.reply.message_id, "glyph:redo")
    form = discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    fields = {label["label"]: label["component"] for label in form["components"]}
    assert list(fields) == ["Palette", "Background", "Focus", "Format", "Columns"]
    assert fields["Columns"]["value"] == "90"
    chosen_now = [chosen(fields[name]) for name in ("Palette", "Background", "Focus", "Format")]
    assert chosen_now == ["green", "dark", "0.75", "picture"]
    values = {"palette": ["#ff0000"], "columns": "120", "background": ["light"], "focus": ["1"], "format": ["svg"]}
    discord.modal(opened["interaction_id"], values)
    again = only(discord, redis)
    options = again.options
    assert (options.palette, options.columns, options.background) == ("#ff0000", 120, "light")
    assert (options.format, options.focus, again.shas) == ("svg", 1.0, first.shas)


def test_what_was_hidden_stays_hidden_when_it_is_drawn_again(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    guilds = GuildStore(redis)
    guilds.update(GUILD_ID, lambda settings: settings.model_copy(update={"spoiler": True}))
    message_id = a_result(playground, redis).reply.message_id
    guilds.update(GUILD_ID, lambda settings: settings.model_copy(update={"spoiler": False}))
    discord.react(message_id, "🩷")
    assert only(discord, redis).spoiler
    redis.delete(QUEUE)
    opened = discord.click(message_id, "glyph:redo")
    discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    discord.modal(opened["interaction_id"], FILLED_IN)
    assert only(discord, redis).spoiler


def test_redo_offers_styles_where_there_are_several(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    store = WeightsStore(redis, 2**20)
    for name in ("classic", "lines"):
        store.announce(name, "a" * 64, "w1")
    first = a_result(playground, redis, palette="#123456")
    opened = discord.click(first.reply.message_id, "glyph:redo")
    form = discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    fields = {label["label"]: label["component"] for label in form["components"]}
    assert list(fields) == ["Palette", "Style", "Background", "Format", "Columns"]
    assert chosen(fields["Palette"]) == "#123456", "two colours of one's own stay"
    assert [option["label"] for option in fields["Style"]["options"]] == [
        "Auto (the bot's default)",
        "classic",
        "lines",
    ]
    values = {"palette": ["#123456"], "columns": "", "background": ["auto"], "format": ["picture"]}
    discord.modal(opened["interaction_id"], values | {"style": ["lines"]})
    assert only(discord, redis).options.style == "lines"
    redis.delete(QUEUE)
    discord.modal(opened["interaction_id"], values | {"style": [chosen(fields["Style"])]})
    assert only(discord, redis).options.style is None


def test_what_was_left_open_is_open_in_the_form_and_can_be_left_open_again(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    def form_of(request: RenderRequest) -> tuple[str, dict[str, dict[str, Any]]]:
        opened = discord.click(request.reply.message_id, "glyph:redo")
        form = discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
        components = [label["component"] for label in form["components"]]
        return opened["interaction_id"], {component["custom_id"]: component for component in components}

    _, fields = form_of(a_result(playground, redis))
    assert not fields["columns"].get("value")
    assert chosen(fields["background"]) == chosen(fields["focus"]) == "auto"

    form, _ = form_of(a_result(playground, redis, columns=90, background="dark", focus="0.5"))
    values = {"palette": ["blue"], "columns": "", "background": ["auto"], "focus": ["auto"], "format": ["picture"]}
    discord.modal(form, values)
    again = only(discord, redis)
    assert (again.options.columns, again.options.background, again.options.focus) == (None, "auto", None)


def test_a_size_filled_in_for_a_picture_does_not_turn_text_into_a_file(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, columns=64)
    opened = discord.click(first.reply.message_id, "glyph:redo")
    discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    values = {"palette": ["blue"], "columns": "64", "background": ["light"], "focus": ["auto"], "format": ["phone"]}
    discord.modal(opened["interaction_id"], values)
    request = only(discord, redis)
    assert (request.options.format, request.options.columns) == ("phone", None)


@pytest.mark.parametrize(
    ("values", "code"), [({"columns": "5"}, "bad_columns"), ({"columns": "ten"}, "columns_number")]
)
def test_a_form_filled_in_wrongly_is_explained_to_who_sent_it(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, values: dict[str, Any], code: str
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    opened = discord.click(message_id, "glyph:redo")
    discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    filled = FILLED_IN | values
    answer = discord.wait_for_answer(discord.modal(opened["interaction_id"], filled))
    assert answer["content"].startswith(SENTENCES[code].split("{")[0]) and answer["ephemeral_to"] == MIA_ID
    assert queued(redis) == []


def check_delete(discord: Controls, message_id: str, user: str, *, may: bool, code: str = "not_yours") -> None:
    """Press Delete: the message goes, or it stays and a stranger reads why."""
    used = discord.click(message_id, "glyph:delete", user=user)
    if may:
        discord.wait_for(lambda: shown(discord, message_id) is None)
    else:
        assert discord.wait_for_answer(used)["content"] == SENTENCES[code]
        assert shown(discord, message_id) is not None


@pytest.mark.parametrize(("user", "may"), [(MIA_ID, True), (MOD_ID, True), (SAM_ID, False)])
def test_delete_is_for_who_asked_and_for_moderators(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, user: str, may: bool
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    check_delete(discord, message_id, user, may=may)


@pytest.mark.parametrize(("user", "may"), [(MIA_ID, True), (MOD_ID, True), (SAM_ID, False)])
def test_delete_goes_on_after_the_picture_was_forgotten(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, user: str, may: bool
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    discord.wait_for_answer(discord.slash("forget"))
    discord.wait_for(lambda: redis.get(f"glyphcord:message:{message_id}") is None)
    check_delete(discord, message_id, user, may=may)


@pytest.mark.parametrize(("user", "may"), [(MIA_ID, False), (MOD_ID, True)])
def test_a_forgotten_reply_to_a_reaction_is_left_to_moderators(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, user: str, may: bool
) -> None:
    """Discord does not say who reacted, so whoever says it was them may be anybody."""
    discord.react(a_result(playground, redis).reply.message_id, user=MIA_ID)
    reply = only(discord, redis).reply
    rows = list(result_rows(RenderOptions(), ENGLISH))
    discord.wait_for_answer(discord.slash("forget"))
    path = f"/channels/{reply.channel_id}/messages/{reply.message_id}"
    discord.wait_for(lambda: (shown(discord, reply.message_id) or {})["content"] == SENTENCES["cancelled"])
    call(playground, "PATCH", path, {"content": "the picture", "components": rows})
    check_delete(discord, reply.message_id, user, may=may, code="forgotten")


def test_what_goes_wrong_under_a_picture_is_said_beside_it(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    discord.fault(method="DELETE", path="/webhooks/", status=403, body={"code": 50013, "message": "no"})
    discord.click(message_id, "glyph:delete")
    sentence = SENTENCES["internal"].split("{")[0]
    said = discord.wait_for(lambda: [m for m in discord.messages() if m["content"].startswith(sentence)])
    assert [m["ephemeral_to"] for m in said] == [MIA_ID]
    picture = shown(discord, message_id)
    assert picture is not None and picture["content"] == "the picture"


def forged(discord: Controls, own: RenderRequest, other: RenderRequest, user: str, **values: Any) -> dict[str, Any]:
    """Somebody opens the form of a picture of their own and sends it in with the number of another's."""
    opened = discord.click(own.reply.message_id, "glyph:redo", user=user)
    discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    form = f"glyph:again:{other.reply.message_id}"
    return discord.modal(opened["interaction_id"], FILLED_IN | values, custom_id=form)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("user", [ADA_ID, MOD_ID])
def test_a_form_with_the_number_of_anothers_picture_draws_nothing(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, user: str, private: bool
) -> None:
    """Neither a private one nor one in a channel that who sends it may not see; not for moderators either."""
    other, own = a_result(playground, redis, private=private), a_result(playground, redis, user=user)
    answer = discord.wait_for_answer(forged(discord, own, other, user))
    assert (answer["content"], answer["ephemeral_to"]) == (SENTENCES["not_yours"], user)
    assert queued(redis) == []


def test_a_private_picture_is_drawn_in_private_from_whatever_form_its_asker_sends(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    hidden, shown_to_all = a_result(playground, redis, private=True), a_result(playground, redis)
    answer = discord.wait_for_answer(forged(discord, shown_to_all, hidden, MIA_ID, palette=["pink"]))
    assert answer["ephemeral_to"] == MIA_ID and only(discord, redis).reply.private


@pytest.mark.parametrize("about", ["", "0", "9" * 20, "x" * 64, "abc-_"])
def test_a_form_about_nothing_is_answered(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, about: str
) -> None:
    own = a_result(playground, redis)
    opened = discord.click(own.reply.message_id, "glyph:redo")
    discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    form = f"glyph:again:{about}" if about else "glyph:again"
    answer = discord.wait_for_answer(discord.modal(opened["interaction_id"], FILLED_IN, custom_id=form))
    assert answer["content"] == SENTENCES["forgotten"] and answer["ephemeral_to"] == MIA_ID


@pytest.mark.parametrize("action", ["delete", "redo", "pink", "text"])
def test_a_click_that_seemed_to_fail_is_carried_out(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, action: str
) -> None:
    """A proxy answers 502 to an acknowledgement that Discord has taken."""
    message_id = a_result(playground, redis).reply.message_id
    discord.fault(method="POST", path="/callback$", status=502, page=True, after=True)
    used = discord.click(message_id, f"glyph:{action}")
    match action:
        case "delete":
            discord.wait_for(lambda: shown(discord, message_id) is None)
        case "redo":
            discord.wait_for(lambda: discord.interaction(used["interaction_id"])["response_data"])
        case "text":
            asked = discord.wait_for(lambda: discord.answer_to(used))
            assert len(asked["components"][0]["components"]) == 2
        case _:
            assert only(discord, redis)


async def test_a_form_is_not_kept_for_those_who_close_it() -> None:
    assert form_for(a_request(), ENGLISH).is_finished()  # what discord.py asks before it keeps one


def test_the_buttons_work_after_a_restart(redis_url: str, redis: Redis, tmp_path: Path) -> None:
    with forked_playground() as own:
        with BotProcess(own, redis_url, tmp_path):
            first = a_result(own, redis)
            opened = own.controls.click(first.reply.message_id, "glyph:redo")
            own.controls.wait_for(lambda: own.controls.interaction(opened["interaction_id"])["response_data"])
        with BotProcess(own, redis_url, tmp_path) as bot:
            # A form opened before the restart.
            own.controls.modal(opened["interaction_id"], FILLED_IN | {"palette": ["pink"]})
            assert only(own.controls, redis).options.palette == "pink"
            redis.delete(QUEUE)
            as_text(own.controls, first.reply.message_id, "Computer")
            assert only(own.controls, redis).options.format == "text"
            own.controls.click(first.reply.message_id, "glyph:delete")
            own.controls.wait_for(lambda: shown(own.controls, first.reply.message_id) is None)
            assert "Traceback" not in bot.log


def test_a_private_picture_is_repeated_in_private(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, private=True)
    used = discord.click(first.reply.message_id, "glyph:pink")
    request = only(discord, redis)
    answer = discord.answer_to(used)
    assert answer is not None and answer["ephemeral_to"] == MIA_ID
    assert (request.options.palette, request.reply.private, request.origin) == ("pink", True, "button")


def test_where_the_bot_is_no_member_the_button_does_what_a_reaction_cannot(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, channel=WITH_SAM)
    used = discord.click(first.reply.message_id, "glyph:pink", user=SAM_ID)
    request = only(discord, redis)
    answer = discord.answer_to(used)
    assert answer is not None and answer["ephemeral_to"] is None and answer["author"]["id"] == BOT_ID
    assert (request.options.palette, request.user_id, request.reply.private) == ("pink", SAM_ID, True)


def test_pink_says_to_each_who_presses_that_the_bot_may_not_post(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_result(playground, redis, channel=CLOSED_CHANNEL).reply.message_id
    for _ in range(2):
        answer = discord.wait_for_answer(discord.click(message_id, "glyph:pink"))
        assert (answer["content"], answer["ephemeral_to"]) == (SENTENCES["no_permission"], MIA_ID)
    assert queued(redis) == []


def test_pink_says_that_discord_has_refused_its_message(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    refusal = {"code": 50013, "message": "Missing Permissions"}
    discord.fault(method="POST", path="/channels/[0-9]+/messages$", status=403, body=refusal)
    discord.click(message_id, "glyph:pink")
    discord.wait_for(
        lambda: [
            m
            for m in discord.messages()
            if m["ephemeral_to"] == MIA_ID and m["content"] == SENTENCES["no_permission"]
        ]
    )
    assert queued(redis) == []


def test_pink_of_a_picture_no_longer_kept_is_said_to_each_who_presses(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis)
    message_id = first.reply.message_id
    redis.delete(f"glyphcord:picture:{first.shas[0]}")
    for user in (MIA_ID, ADA_ID):
        answer = discord.wait_for_answer(discord.click(message_id, "glyph:pink", user=user))
        assert plain(answer["content"]) == SENTENCES["picture_gone"] and answer["ephemeral_to"] == user
    assert [m for m in replies_to(discord, message_id) if not m["ephemeral_to"]] == []


def test_a_forgotten_picture_is_said(playground: PlaygroundProcess, discord: Controls, redis: Redis) -> None:
    message_id = a_result(playground, redis).reply.message_id
    redis.delete(f"glyphcord:message:{message_id}")
    answer = discord.wait_for_answer(discord.click(message_id, "glyph:text"))
    assert answer["content"] == SENTENCES["forgotten"]


@pytest.mark.parametrize(
    ("where", "reaction"),
    [({}, "🩷"), ({"palette": "pink"}, ""), ({"private": True}, ""), ({"channel": WITH_SAM}, "")],
)
def test_the_worker_is_asked_to_react_first_where_that_helps(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, where: dict[str, Any], reaction: str
) -> None:
    assert a_result(playground, redis, **where).first_reaction == reaction
