"""Settings that bot and worker share, from the environment and `.env`, and what is wrong with them in a line."""

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from jobs.observability.logs import LogFormat


class EnvSettings(BaseSettings):
    """Environment first, then a `.env` file in the working directory; unknown names are other programs'."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)


class SharedSettings(EnvSettings):
    """Redis and Discord, the two ends that bot and worker both speak to."""

    redis_url: str = "redis://127.0.0.1:6379/0"
    discord_token: SecretStr
    discord_api_base: str = "https://discord.com/api/v10"
    picture_ttl_s: int = Field(default=7 * 24 * 3600, gt=0, description="how long a picture can be redrawn")
    picture_budget_mb: int = Field(default=512, gt=0, description="Redis memory for stored pictures")
    weights_budget_mb: int = Field(default=256, gt=0, description="Redis memory for the registry of weights")
    log_format: LogFormat = "text"
    bot_http_port: int | None = Field(default=None, ge=1, le=65_535, description="/healthz, /readyz and /metrics")
    worker_http_port: int | None = Field(default=None, ge=1, le=65_000, description="each child has its own")
    http_host: str = "127.0.0.1"
    otel_exporter_otlp_endpoint: str | None = Field(default=None, pattern="^https?://")


def explain(error: ValidationError | SettingsError) -> str:
    """What to mend, in one line that names the variables and never shows their values."""
    if isinstance(error, SettingsError):
        return "The settings cannot be read. Please compare your .env with .env.example."
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]).upper() if problem["loc"] else "The settings"
        if problem["type"] == "missing":
            lines.append(f"{name} is missing: set it in the environment or in .env (see .env.example)")
        else:
            lines.append(f"{name} is wrong: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines) + "."
