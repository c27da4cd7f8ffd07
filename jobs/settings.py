"""Settings that bot and worker share, from the environment and `.env`, and what is wrong with them in a line."""

import logging
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from jobs.observability.logs import LogFormat
from jobs.redis_url import check_redis_url, with_password


def is_address(value: str, *schemes: str) -> bool:
    """Whether a value is an absolute URL of one of the schemes."""
    try:
        url = URL(value)
    except ValueError:
        return False
    return url.scheme in schemes and bool(url.raw_host)


def _token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it must be the token alone, without spaces or line breaks")
    return SecretStr(text)


def _api_base(value: str) -> str:
    if not is_address(value, "http", "https"):
        raise ValueError("it must be an address that starts with http:// or https://")
    return value.rstrip("/")


def _log_level(value: str) -> str:
    if value.upper() not in logging.getLevelNamesMapping():
        raise ValueError("it must be DEBUG, INFO, WARNING or ERROR")
    return value.upper()


class EnvSettings(BaseSettings):
    """Environment first, then a `.env` file in the working directory; unknown names are other programs'."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)


class RegistrySettings(EnvSettings):
    """What the registry of weights needs; `glyphcord worker weights` reads no more, and so needs no token."""

    redis_url: Annotated[str, AfterValidator(check_redis_url)] = Field(
        default="redis://127.0.0.1:6379/0",
        description="Where Redis or Valkey is; with TLS `rediss://…`. One for bot and workers.",
    )
    redis_password: SecretStr | None = Field(
        default=None, description="Redis's password as it is, where the address has none in it."
    )
    weights_budget_mb: int = Field(
        default=256, gt=0, description="Redis memory for stored versions of models, in MB."
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if self.redis_password is not None:
            self.redis_url = with_password(self.redis_url, self.redis_password.get_secret_value())
        return self


class SharedSettings(RegistrySettings):
    """Redis and Discord, the two ends that bot and worker both speak to."""

    discord_token: Annotated[SecretStr, AfterValidator(_token)] = Field(
        description="The bot's token: developer portal, page *Bot*, *Reset Token*."
    )
    discord_api_base: Annotated[str, AfterValidator(_api_base)] = Field(
        default="https://discord.com/api/v10", description="Discord's API; another one only for a stand-in."
    )
    picture_ttl_s: int = Field(
        default=7 * 24 * 3600, gt=0, description="How long after its last use a picture can be redrawn, in seconds."
    )
    picture_budget_mb: int = Field(default=512, gt=0, description="Redis memory for stored pictures, in MB.")
    log_level: Annotated[str, AfterValidator(_log_level)] = Field(
        default="INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    log_format: LogFormat = Field(
        default="text", description="One readable line an event, or one JSON object a line with the job's ids."
    )
    bot_http_port: int | None = Field(
        default=None, ge=1, le=65_535, description="The bot's port for `/healthz`, `/readyz` and `/metrics`."
    )
    worker_http_port: int | None = Field(
        default=None,
        ge=1,
        le=65_000,
        description="A worker's port for the same; of several workers, the second has the next port, and so on.",
    )
    http_host: str = Field(
        default="127.0.0.1", description="The address of these ports. They ask for no password: keep them private."
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        pattern="^https?://",
        description="The OpenTelemetry collector for traces over HTTP; needs the extra `trace`.",
    )
