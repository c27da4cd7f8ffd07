"""What bot and workers both count of Discord, and the names that every metric of ours has in common.

Labels have few values, or Prometheus drowns: ids, tokens and emoji in a path become placeholders.
"""

import re
from typing import Final

from prometheus_client import Counter, disable_created_metrics

PREFIX: Final = "glyphcord_"

disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series for each, which nothing reads

DISCORD_REQUESTS: Final = Counter(
    f"{PREFIX}discord_requests_total",
    "Requests that Discord answered (status: HTTP's) or did not (status: none).",
    ["method", "route", "status"],
)
DISCORD_WAITED: Final = Counter(
    f"{PREFIX}discord_rate_limit_seconds_total", "Seconds that Discord asked us to wait, by 429.", ["route"]
)

_ID: Final = re.compile(r"(?<=/)\d+(?=/|$)")
_TOKEN: Final = re.compile(r"(?<=/)(webhooks|interactions)/\{id\}/[^/]+")
_EMOJI: Final = re.compile(r"/reactions/[^/]+")


def route_of(path: str) -> str:
    """An API path, with or without the base in front of it, as a route: `/channels/{id}/messages/{id}`."""
    path = "/" + re.sub(r"^.*/api/v\d+/", "", path).lstrip("/")
    return _EMOJI.sub("/reactions/{emoji}", _TOKEN.sub(r"\1/{id}/{token}", _ID.sub("{id}", path)))


def discord_answered(method: str, path: str, status: int | None, retry_after_s: float = 0.0) -> None:
    """Count one request; `status` None when no answer came, `retry_after_s` what a 429 asked for."""
    route = route_of(path)
    DISCORD_REQUESTS.labels(method, route, "none" if status is None else str(status)).inc()
    if status == 429:
        DISCORD_WAITED.labels(route).inc(retry_after_s)
