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

    redis_url: Annotated[str, AfterValidator(check_redis_url)] = "redis://127.0.0.1:6379/0"
    redis_password: SecretStr | None = Field(default=None, description="as it is, where redis_url has none in it")
    weights_budget_mb: int = Field(default=256, gt=0, description="Redis memory for the registry of weights")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if self.redis_password is not None:
            self.redis_url = with_password(self.redis_url, self.redis_password.get_secret_value())
        return self


class SharedSettings(RegistrySettings):
    """Redis and Discord, the two ends that bot and worker both speak to."""

    discord_token: Annotated[SecretStr, AfterValidator(_token)]
    discord_api_base: Annotated[str, AfterValidator(_api_base)] = "https://discord.com/api/v10"
    picture_ttl_s: int = Field(default=7 * 24 * 3600, gt=0, description="how long a picture can be redrawn")
    picture_budget_mb: int = Field(default=512, gt=0, description="Redis memory for stored pictures")
    log_level: Annotated[str, AfterValidator(_log_level)] = "INFO"
    log_format: LogFormat = "text"
    bot_http_port: int | None = Field(default=None, ge=1, le=65_535, description="/healthz, /readyz and /metrics")
    worker_http_port: int | None = Field(default=None, ge=1, le=65_000, description="each child has its own")
    http_host: str = "127.0.0.1"
    otel_exporter_otlp_endpoint: str | None = Field(default=None, pattern="^https?://")
