"""Names in the environment and in `.env` that are probably settings of ours, typed wrong."""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from dotenv import dotenv_values

from glyphcord.nearest import did_you_mean, nearest

NAMES: Final = frozenset(
    {
        "ADMIN_ROLE_IDS",
        "ADMIN_USER_IDS",
        "ATTACHMENT_TIMEOUT_S",
        "BOT_HTTP_PORT",
        "DEVICE",
        "DISCORD_API_BASE",
        "DISCORD_CDN_HOSTS",
        "DISCORD_GATEWAY_URL",
        "DISCORD_TOKEN",
        "HTTP_HOST",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "MODEL_WEIGHTS",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "PICTURE_BUDGET_MB",
        "PICTURE_TTL_S",
        "QUEUE_LIMIT",
        "REACTION_PALETTES",
        "REDIS_PASSWORD",
        "REDIS_URL",
        "SERVER_COOLDOWN_S",
        "SERVER_DAILY",
        "SHARD_COUNT",
        "SHARD_IDS",
        "TORCH_THREADS",
        "USER_COOLDOWN_S",
        "USER_DAILY",
        "USER_IN_FLIGHT",
        "WARM_MODELS",
        "WEIGHTS_BUDGET_MB",
        "WEIGHTS_DIR",
        "WORKER_HTTP_PORT",
    }
)
"""All settings of bot and worker: one `.env` is for both, and neither knows the other's."""

OTHERS: Final = {
    "COMPOSE_PROFILES": "Docker Compose: `cpu`, or `gpu` for workers on an NVIDIA card.",
    "WORKERS": "Docker Compose and systemd's unit `glyphcord-worker`: how many workers there are.",
    "PLAYGROUND_PASSWORD": "The playground: what a browser asks for; others than this machine need it.",
}
"""What others than bot and worker read, and what for."""

LIKENESS: Final = 0.85
"""So like one of NAMES that it is hardly another program's: DISCORD_TOKNE, REDIS_URI, MODEL_WEIGHT."""


def misspelt() -> list[str]:
    """A sentence for each name that begins with DISCORD_ and is none of ours, or is very like one of ours."""
    try:
        in_file = list(dotenv_values(".env"))
    except (OSError, UnicodeDecodeError):  # who reads the settings says so
        in_file = []
    return list(_complaints([*os.environ, *in_file]))


def _complaints(names: Iterable[str]) -> Iterator[str]:
    for name in dict.fromkeys(name.upper() for name in names):
        if name in NAMES or name in OTHERS or name.startswith("OTEL_"):
            continue
        if name.startswith("DISCORD_") or nearest(name, NAMES, LIKENESS):
            yield f"{name} is no setting.{did_you_mean(name, NAMES)}"
