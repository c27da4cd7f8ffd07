"""How a route of REST API v10 is declared and found: each is a small function from a Call to a Response.

https://docs.discord.com/developers/reference. What happens to a request around its route (faults, authorization,
rate limits, the record) is in handler.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from playground.api.limits import Limit
from playground.errors import ApiError, invalid_form
from playground.gateway.gateway import Gateway
from playground.request_body import Body
from playground.state.world import World


@dataclass
class Call:
    """One request on its way to a route."""

    world: World
    gateway: Gateway
    params: dict[str, str]
    query: dict[str, str]
    body: Body

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdigit() or not low <= int(text) <= high:
            problem = f"int value should be between {low} and {high}."
            raise invalid_form({name: ("NUMBER_TYPE_MIN" if text.isdigit() else "NUMBER_TYPE_COERCE", problem)})
        return int(text)


@dataclass(frozen=True)
class Response:
    """body None with status 204 is no body at all."""

    body: Any = None
    status: int = 200


NO_CONTENT = Response(None, 204)


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    answer: Callable[[Call], Response]
    limit: Limit | None
    bot_only: bool  # needs the bot's token; else the path's own token is enough
    pattern: re.Pattern[str] = field(compare=False)

    def major(self, params: dict[str, str]) -> str:
        return "/".join(params.get(key, "") for key in ("channel_id", "guild_id", "webhook_id", "token"))


ROUTES: list[Route] = []
ORDINARY_LIMIT = (50, 1.0)


def route(
    method: str,
    template: str,
    *,
    limit: tuple[int, float] | None = ORDINARY_LIMIT,
    shared: str | None = None,
    bot_only: bool = True,
) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
    """Register a route. `limit` is (requests, seconds); routes with one `shared` name share the bucket."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + r"\Z")
    bucket = Limit(shared or f"{method} {template}", *limit) if limit else None

    def register(answer: Callable[[Call], Response]) -> Callable[[Call], Response]:
        ROUTES.append(Route(method, template, answer, bucket, bot_only, pattern))
        return answer

    return register


def find_route(method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
    """The route of a still percent-encoded path. Raises ApiError 404 or 405."""
    other_method = False
    for candidate in ROUTES:
        if found := candidate.pattern.match(raw_path):
            if candidate.method == method:
                return candidate, {key: unquote(value) for key, value in found.groupdict().items()}
            other_method = True
    if other_method:
        raise ApiError(405, 0, "405: Method Not Allowed")
    raise ApiError(404, 0, "404: Not Found")
