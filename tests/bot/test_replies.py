"""Each person is answered in the language of their own client, until the last word."""

import time
from collections.abc import Iterator

import pytest
from redis import Redis

from bot.commands.about import HELP
from jobs.lifecycle.job import PENDING
from jobs.lifecycle.messages import Messages
from jobs.rq_adapter.queue import withdraw
from jobs.schema import RenderRequest
from jobs.server_settings import GuildSettings, GuildStore
from jobs.text.sentences import SENTENCES, sentence
from jobs.text.translation import LANGUAGES, template
from playground.testing import ADA_ID, ASCII_CHANNEL, GUILD_ID, MIA_ID, SAM_ID, Controls, PlaygroundProcess
from tests.bot.processes import a_png, only
from tests.bot.test_reaction import posts, replies_to
from tests.bot.test_results import a_result
from tests.bot.test_slash import a_worker_reports
from tests.bot.test_waiting import buttons, says

GERMAN = "de"


@pytest.fixture(autouse=True)
def german(discord: Controls) -> Iterator[None]:
    """Mia's client is in German; the others' and the server stay English."""
    discord.speak(GERMAN)
    yield
    discord.speak("en-US")
    discord.speak("en-US", user=ADA_ID)


@pytest.mark.parametrize("locale", sorted(LANGUAGES))
def test_help_is_in_the_language_of_who_asks(discord: Controls, locale: str) -> None:
    discord.speak(locale)
    told = discord.wait_for_answer(discord.slash("help"))["content"]
    assert told.splitlines()[0] == template(HELP["title"], LANGUAGES[locale]) != HELP["title"]
    english = discord.wait_for_answer(discord.slash("help", user=ADA_ID))["content"]
    assert english.splitlines()[0] == HELP["title"]


def test_refusals_and_mistakes_are_explained_in_it(discord: Controls, redis: Redis) -> None:
    mistaken = discord.slash("ascii", {"palette": "plaid"}, files={"image": a_png()})
    words = sentence("bad_palette", GERMAN, names="photo, blue, pink, mono, green, amber")
    assert discord.wait_for_answer(mistaken)["content"] == words
    text = discord.slash("ascii", files={"image": ("a.png", b"no picture", "image/png")})
    assert discord.wait_for_answer(text)["content"] == sentence("not_a_picture", GERMAN)
    GuildStore(redis).update(GUILD_ID, lambda old: GuildSettings(blocked=frozenset({MIA_ID, ADA_ID})))
    for user, expected in ((MIA_ID, sentence("blocked", GERMAN)), (ADA_ID, SENTENCES["blocked"])):
        used = discord.slash("ascii", files={"image": a_png()}, user=user)
        assert discord.wait_for_answer(used)["content"] == expected


def test_waiting_cancelling_and_the_reaper_speak_it(discord: Controls, redis: Redis) -> None:
    used = discord.slash("ascii", files={"image": a_png()})
    request = only(discord, redis)
    assert request.reply.language == GERMAN
    assert says(discord, used, sentence("queued_no_worker", GERMAN))
    a_worker_reports(redis)
    answer = says(discord, used, sentence("next", GERMAN).rstrip("."))
    assert list(buttons(answer)) == ["Abbrechen"]
    says(discord, discord.click(answer["id"], buttons(answer)["Abbrechen"]), sentence("cancelled", GERMAN))

    lost = discord.slash("ascii", files={"image": a_png()})
    withdraw(redis, only(discord, redis).job_id)
    redis.zadd(PENDING, {lost["interaction_id"]: time.time()})
    told = says(discord, lost, sentence("lost", GERMAN))["content"]
    assert "\n-# Referenz " in told


def test_suggestions_are_in_it_and_can_be_typed(discord: Controls, redis: Redis) -> None:
    typed = discord.autocomplete("ascii", "palette", {"palette": "bern"})
    data = discord.wait_for(lambda: discord.interaction(typed["interaction_id"])["response_data"])
    assert [(choice["name"], choice["value"]) for choice in data["choices"]] == [
        ("Bernstein (alter Monitor)", "amber")
    ]
    discord.slash("ascii", {"palette": "Bernstein"}, files={"image": a_png()})
    assert only(discord, redis).options.palette == "amber"


@pytest.mark.parametrize(
    ("user", "labels"),
    [
        (MIA_ID, ["Palette", "Hintergrund", "Fokus", "Format", "Spalten"]),
        (ADA_ID, ["Palette", "Background", "Focus", "Format", "Columns"]),
    ],
)
def test_redo_asks_in_the_language_of_who_pressed_it(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, user: str, labels: list[str]
) -> None:
    message_id = a_result(playground, redis).reply.message_id
    opened = discord.click(message_id, "glyph:redo", user=user)
    form = discord.wait_for(lambda: discord.interaction(opened["interaction_id"])["response_data"])
    assert [label["label"] for label in form["components"]] == labels


def test_a_reaction_is_answered_in_the_language_of_the_picture(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    used = discord.slash("ascii", files={"image": a_png()})
    request: RenderRequest = only(discord, redis)
    Messages(redis).remember(request)
    a_worker_reports(redis)
    withdraw(redis, request.job_id)
    assert used["channel_id"] == ASCII_CHANNEL
    discord.react(request.reply.message_id, "🤍", user=SAM_ID)  # Discord does not tell Sam's language
    again = only(discord, redis)
    assert again.reply.language == GERMAN
    assert len(replies_to(discord, request.reply.message_id)) == 1
    assert posts(discord)[-1]["content"] == "Ich zeichne es in Mono auf Dunkel…"


def test_settings_answer_in_it_and_the_log_channel_hears_the_servers(discord: Controls, redis: Redis) -> None:
    discord.speak(GERMAN, user=ADA_ID)
    used = discord.slash("settings log", {"channel": ASCII_CHANNEL}, user=ADA_ID)
    told = discord.wait_for_answer(used)["content"]
    assert told.startswith("Gespeichert.\n**Kanäle:** alle") and f"**Protokoll:** <#{ASCII_CHANNEL}>" in told
    line = f"⚙️ <@{ADA_ID}> set the log channel to <#{ASCII_CHANNEL}>"
    discord.wait_for(lambda: line in [message["content"] for message in discord.messages()])
    discord.speak("en-US", user=ADA_ID)
