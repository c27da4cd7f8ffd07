"""A server's record against a real server: defaults, changes by several at once, and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError
from redis import Redis

from jobs.guilds import GuildSettings, GuildStore


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


@pytest.mark.parametrize(
    "change", [{"channels": ["general"]}, {"palette": "plaid"}, {"reactors": "nobody"}, {"colour": "red"}]
)
def test_what_is_unknown_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GuildSettings.model_validate(GuildSettings().model_dump() | change)


def test_a_record_survives_the_way_through_a_file() -> None:
    settings = GuildSettings(channels=frozenset({"1", "2"}), blocked=frozenset({"3"}), palette="pink", spoiler=True)
    assert GuildSettings.model_validate_json(settings.model_dump_json(indent=2)) == settings
