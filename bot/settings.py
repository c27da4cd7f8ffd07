"""The bot's settings, from the environment and `.env`, and what is wrong with them in one readable line."""

from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from bot.gateway.endpoints import Origin, parse_origins
from bot.gateway.shards import parse_shards
from jobs.lifecycle.quota import QuotaLimits
from jobs.settings import SharedSettings, is_address
from jobs.text.choices import PALETTES, Background

Ids = Annotated[frozenset[int], NoDecode]
Look = tuple[str, Background | None]
"""A palette and a background (None: the picture's own)."""

VARIATION_SELECTOR: Final = "\ufe0f"


class BotSettings(SharedSettings):
    """Lists are comma-separated; ids are Discord's numbers (copied with developer mode on)."""

    discord_gateway_url: str | None = Field(
        default=None, description="The gateway; by default Discord says where it is. Only for a stand-in."
    )
    discord_cdn_hosts: Annotated[frozenset[Origin], NoDecode] = Field(
        # The last two are Discord's proxy for pictures that embeds show.
        default="cdn.discordapp.com,media.discordapp.net,images-ext-1.discordapp.net,images-ext-2.discordapp.net",
        validate_default=True,
        description="Hosts from which pictures are fetched, comma-separated; no others are asked.",
    )
    attachment_timeout_s: float = Field(default=20, gt=0, description="Longest time for one download, in seconds.")
    reaction_palettes: Annotated[dict[str, Look], NoDecode] = Field(
        default="🩷=pink, 💗=pink, 💖=pink, 💙=blue, 💚=green, 🧡=amber, 🖤=mono:light, 🤍=mono:dark, 🌈=photo",
        validate_default=True,
        description="Which reaction asks for which palette; `:light` or `:dark` sets the paper too.",
    )
    queue_limit: int = Field(default=1000, ge=1, description="Jobs on the queue at which no more are taken.")
    user_in_flight: int = Field(default=10, ge=0, description="Pictures of one person at one time; 0: no limit.")
    user_cooldown_s: float = Field(default=0, ge=0, description="Seconds between two jobs of one person.")
    user_daily: int = Field(default=500, ge=0, description="Pictures of one person a day (UTC); 0: no limit.")
    server_cooldown_s: float = Field(default=0, ge=0, description="Seconds between two jobs of one server.")
    server_daily: int = Field(default=0, ge=0, description="Pictures of one server a day (UTC); 0: no limit.")
    admin_user_ids: Ids = Field(
        default=frozenset(),
        description="Who may use `/model`, by id. If this and the next are empty, the application's owner or team.",
    )
    admin_role_ids: Ids = Field(default=frozenset(), description="Roles whose members may use `/model`.")
    shard_count: int | None = Field(
        default=None, ge=1, description="Shards of all bot processes together; by default what Discord advises."
    )
    shard_ids: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(),
        validate_default=True,
        description="Which of them this process runs, such as `0-3,8`; by default all.",
    )

    def limits(self) -> QuotaLimits:
        """What each person and server may ask for."""
        return QuotaLimits(
            self.user_in_flight, self.user_cooldown_s, self.user_daily, self.server_cooldown_s, self.server_daily
        )

    @property
    def pink_reaction(self) -> str:
        """The emoji that asks for pink, the first of them if there are several; empty if there is none."""
        return next((emoji for emoji, (palette, _) in self.reaction_palettes.items() if palette == "pink"), "")

    @field_validator("admin_user_ids", "admin_role_ids", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        entries = [entry.strip() for entry in value.split(",") if entry.strip()]
        if not all(entry.isascii() and entry.isdigit() for entry in entries):
            raise ValueError("it must be numbers separated by commas")
        return frozenset(int(entry) for entry in entries)

    @field_validator("shard_ids", mode="before")
    @classmethod
    def _shards(cls, value: object, info: ValidationInfo) -> object:
        shards = parse_shards(value) if isinstance(value, str) else value
        count = info.data.get("shard_count")
        if isinstance(shards, tuple) and shards and (count is None or shards[-1] >= count):
            raise ValueError("SHARD_COUNT must say how many there are in all, and they are numbered from 0")
        return shards

    @field_validator("reaction_palettes", mode="before")
    @classmethod
    def _looks(cls, value: object) -> object:
        return parse_looks(value) if isinstance(value, str) else value

    @field_validator("discord_cdn_hosts", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        return parse_origins(value) if isinstance(value, str) else value

    @field_validator("discord_gateway_url")
    @classmethod
    def _gateway(cls, value: str | None) -> str | None:
        if value is not None and not is_address(value, "ws", "wss"):
            raise ValueError("it must be an address that starts with ws:// or wss://")
        return value


def parse_looks(text: str) -> dict[str, Look]:
    """Emoji to palette and background, from "🩷=pink, 🤍=mono:dark". Raises ValueError for anything else."""
    looks: dict[str, Look] = {}
    for entry in filter(None, (entry.strip() for entry in text.split(","))):
        emoji, equals, look = (part.strip() for part in entry.partition("="))
        palette, _, name = look.partition(":")
        if not equals or not emoji or palette not in PALETTES or name not in ("", "light", "dark"):
            raise ValueError("it must be emoji=palette, perhaps with :light or :dark, separated by commas")
        background: Background | None = "light" if name == "light" else "dark" if name == "dark" else None
        looks[emoji.removesuffix(VARIATION_SELECTOR)] = (palette, background)
    return looks
