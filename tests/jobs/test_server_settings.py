"""A server's record against a real server: defaults, changes by several at once, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest
from pydantic import ValidationError
from redis import Redis

from jobs.server_settings import GuildSettings, GuildStore
from models.options import RenderOptions


def test_a_server_that_decided_nothing_has_no_restrictions(redis: Redis) -> None:
    assert GuildStore(redis).get("1") == GuildStore(redis).get(None) == GuildSettings()


def test_changes_of_several_at_once_all_take_effect(redis: Redis) -> None:
    store = GuildStore(redis)

    def block(user: int) -> None:
        store.update("1", lambda old: old.model_copy(update={"blocked": old.blocked | {str(user)}}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(block, range(24)))
    assert store.get("1").blocked == {str(n) for n in range(24)}
    assert store.get("2") == GuildSettings()


def test_a_record_that_cannot_be_read_counts_as_none(redis: Redis) -> None:
    redis.set("glyphcord:guild:1", b'{"schema_version": 9}')
    assert GuildStore(redis).get("1") == GuildSettings()


@pytest.mark.parametrize(("stored", "now"), [("light", "auto"), ("dark", "dark")])
def test_paper_that_a_record_of_version_1_names_counts_where_it_was_chosen(
    redis: Redis, stored: str, now: str
) -> None:
    old = b'{"schema_version": 1, "blocked": ["3"], "palette": "pink", "background": "%s"}' % stored.encode()
    redis.set("glyphcord:guild:1", old)
    store = GuildStore(redis)
    found = store.get("1")
    assert (found.background, found.focus, found.palette, found.blocked) == (now, None, "pink", frozenset({"3"}))
    # From now on light is chosen, and stays.
    store.update("1", lambda old: old.model_copy(update={"background": "light"}))
    assert store.get("1").background == "light"


@pytest.mark.parametrize(("stored", "now"), [("blue", "photo"), ("pink", "pink")])
def test_colours_that_a_record_of_version_1_names_count_where_they_were_chosen(
    redis: Redis, stored: str, now: str
) -> None:
    redis.set(
        "glyphcord:guild:1", b'{"schema_version": 1, "palette": "%s", "background": "dark"}' % stored.encode()
    )
    assert GuildStore(redis).get("1").palette == now


@pytest.mark.parametrize(
    "change",
    [
        {"channels": ["general"]},
        {"palette": "plaid"},
        {"background": "grey"},
        {"focus": 2},
        {"columns": 7},
        {"format": "poem"},
        {"style": "no name"},
        {"reactors": "nobody"},
        {"colour": "red"},
    ],
)
def test_what_is_unknown_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GuildSettings.model_validate(GuildSettings().model_dump() | change)


def test_a_record_survives_the_way_through_a_file() -> None:
    settings = GuildSettings(channels=frozenset({"1", "2"}), blocked=frozenset({"3"}), palette="pink", spoiler=True)
    assert GuildSettings.model_validate_json(settings.model_dump_json(indent=2)) == settings


def test_a_record_of_version_2_keeps_all_that_was_chosen(redis: Redis) -> None:
    redis.set(
        "glyphcord:guild:1",
        b'{"schema_version": 2, "palette": "pink", "background": "light", "focus": 0.5, "spoiler": true}',
    )
    kept = GuildStore(redis).get("1")
    assert kept.drawing == RenderOptions(palette="pink", background="light", focus=0.5) and kept.spoiler


def test_each_option_of_a_drawing_has_a_servers_default() -> None:
    assert {field.name for field in fields(RenderOptions)} <= set(GuildSettings.model_fields)
    assert GuildSettings().drawing == RenderOptions()
