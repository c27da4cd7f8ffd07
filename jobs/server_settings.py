"""What a server's moderators have decided: where and for whom the bot draws there, and how.

One record a server, read anew for every request, so that a change takes effect at once in every bot process.
"""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field, model_validator
from redis import Redis

from jobs.connection import PREFIX
from jobs.records import Record, Snowflake, read_record
from jobs.schema import PaletteName
from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE, BackgroundChoice


class GuildSettings(Record):
    """The defaults are a server's where nobody has decided anything. Empty sets are no restriction.

    Version 2 added `focus` and paper that is left open, and begins with the photo's own colours.
    """

    schema_version: Literal[2] = 2
    channels: frozenset[Snowflake] = Field(default=frozenset(), max_length=200)
    roles: frozenset[Snowflake] = Field(default=frozenset(), max_length=200)
    blocked: frozenset[Snowflake] = Field(default=frozenset(), max_length=10_000)
    reactors: Literal["everyone", "requester"] = "everyone"
    palette: PaletteName = DEFAULT_PALETTE
    background: BackgroundChoice = DEFAULT_BACKGROUND
    focus: float | None = Field(default=None, ge=0, le=1)
    private: bool = False
    spoiler: bool = False
    age_restricted_only: bool = False
    log_channel: Snowflake | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_meant(cls, data: Any) -> Any:
        """Every record of version 1 names colours and a paper, and began with blue on light: others were chosen."""
        if not isinstance(data, dict) or data.get("schema_version") != 1:
            return data
        began = {"palette": "blue", "background": "light"}
        kept = {name: value for name, value in data.items() if name not in began or began[name] != value}
        return kept | {"schema_version": 2}


class GuildStore:
    """The records of all servers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def get(self, guild_id: str | None) -> GuildSettings:
        """A server's settings; the defaults outside of servers."""
        if guild_id is None:
            return GuildSettings()
        return read_record(GuildSettings, self._redis.get(_key(guild_id))) or GuildSettings()

    def update(self, guild_id: str, change: Callable[[GuildSettings], GuildSettings]) -> GuildSettings:
        """Replace the settings by what `change` makes of them; two at once both take effect."""
        key, after = _key(guild_id), GuildSettings()

        def replace(pipe: Any) -> None:
            nonlocal after
            after = change(read_record(GuildSettings, pipe.get(key)) or GuildSettings())
            pipe.multi()
            pipe.set(key, after.model_dump_json())

        self._redis.transaction(replace, key)
        return after


def _key(guild_id: str) -> str:
    return f"{PREFIX}guild:{guild_id}"
