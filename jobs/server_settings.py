"""What a server's moderators have decided: where and for whom the bot draws there, and how.

One record a server, read anew for every request, so that a change takes effect at once in every bot process.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import fields
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator
from redis import Redis

from jobs.connection import PREFIX
from jobs.records import ModelName, Record, Snowflake, read_record
from jobs.schema import PaletteName
from models.formats import DEFAULT_FORMAT, FORMATS
from models.limits import MAX_COLUMNS, MIN_COLUMNS
from models.options import RenderOptions
from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE, BackgroundChoice


def _format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"no format of that name: {name[:40]!r}")
    return name


FormatName = Annotated[str, AfterValidator(_format)]


class GuildSettings(Record):
    """The defaults are a server's where nobody has decided anything. Empty sets are no restriction.

    There is a field for each of models.options.RenderOptions; `spoiler` hides every result. Version 2 added `focus`
    and paper that is left open, and begins with the photo's own colours; version 3 added the other options of a
    drawing.
    """

    schema_version: Literal[3] = 3
    channels: frozenset[Snowflake] = Field(default=frozenset(), max_length=200)
    roles: frozenset[Snowflake] = Field(default=frozenset(), max_length=200)
    blocked: frozenset[Snowflake] = Field(default=frozenset(), max_length=10_000)
    reactors: Literal["everyone", "requester"] = "everyone"
    palette: PaletteName = DEFAULT_PALETTE
    background: BackgroundChoice = DEFAULT_BACKGROUND
    focus: float | None = Field(default=None, ge=0, le=1)
    columns: int | None = Field(default=None, ge=MIN_COLUMNS, le=MAX_COLUMNS)
    format: FormatName = DEFAULT_FORMAT
    animate: bool = True
    style: ModelName | None = None
    private: bool = False
    spoiler: bool = False
    age_restricted_only: bool = False
    log_channel: Snowflake | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_meant(cls, data: Any) -> Any:
        """Every record of version 1 names colours and a paper, and began with blue on light: others were chosen."""
        if not isinstance(data, dict) or data.get("schema_version") not in (1, 2):
            return data
        if data["schema_version"] == 2:
            return data | {"schema_version": 3}
        began = {"palette": "blue", "background": "light"}
        kept = {name: value for name, value in data.items() if name not in began or began[name] != value}
        return kept | {"schema_version": 3}

    @property
    def others_may_react(self) -> bool:
        """Whether reactions and buttons are for everybody who sees a picture, not only for who asked for it."""
        return self.reactors == "everyone"

    @property
    def drawing(self) -> RenderOptions:
        """How a picture is drawn here if nobody says otherwise."""
        return RenderOptions(**{field.name: getattr(self, field.name) for field in fields(RenderOptions)})


GRACE_S: Final = 7 * 24 * 3600
"""How long the settings of a server stay that the bot has left: who removed it by mistake has it back as it was."""


ANSWER_WITHIN_S: Final = 15 * 60
"""A question is answered soon, since roles may change."""


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

    def ask(self, guild_id: str, user_id: str) -> None:
        """Note that a person, whom Discord has let use the command, is asked about a server's settings."""
        self._redis.set(_asked(user_id), guild_id, ex=ANSWER_WITHIN_S)

    def answered(self, guild_id: str, user_id: str) -> bool:
        """Take the answer, once; whether they were asked about that server lately."""
        return self._redis.getdel(_asked(user_id)) == guild_id.encode()

    def forget(self, user_id: str) -> None:
        """Delete that a person was asked."""
        self._redis.delete(_asked(user_id))

    def known(self) -> set[str]:
        """The servers that have settings."""
        found: Iterator[bytes] = self._redis.scan_iter(f"{_key('')}*", count=1000)
        return {key.decode(errors="replace").removeprefix(_key("")) for key in found}

    def left(self, guild_ids: Collection[str]) -> None:
        """Let the settings of servers go in GRACE_S seconds; where they are going already, when they would."""
        pipe = self._redis.pipeline(transaction=False)
        for guild_id in guild_ids:
            pipe.expire(_key(guild_id), GRACE_S, nx=True)
        pipe.execute()

    def joined(self, guild_ids: Collection[str]) -> None:
        """Keep the settings of servers after all."""
        pipe = self._redis.pipeline(transaction=False)
        for guild_id in guild_ids:
            pipe.persist(_key(guild_id))
        pipe.execute()


def _asked(user_id: str) -> str:
    return f"{PREFIX}asked:{user_id}"


def _key(guild_id: str) -> str:
    return f"{PREFIX}guild:{guild_id}"
