"""How a route of REST API v10 is declared and found: each is a small function from a Call to a Response.

https://docs.discord.com/developers/reference. What happens to a request around its route (faults, authorization,
rate limits, the record) is in handler.py.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from playground.api.limits import Limit
from playground.api.operations import OPERATIONS, Operation, Shape, fits, parameters, shape
from playground.errors import ApiError, invalid_form, not_found
from playground.gateway.gateway import Gateway
from playground.request_body import Body
from playground.state.audit_log import Act
from playground.state.world import World


@dataclass
class Call:
    """One request on its way to a route."""

    world: World
    gateway: Gateway
    params: dict[str, str]
    query: dict[str, str]
    body: Body
    reason: str | None = None
    """X-Audit-Log-Reason."""

    @property
    def act(self) -> Act:
        """The bot as the one who does something, with its reason."""
        return Act(reason=self.reason)

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
    partly: str | None  # what of it is missing here

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
    partly: str | None = None,
) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
    """Register a route. `limit` is (requests, seconds); routes with one `shared` name share the bucket.

    `partly` says in a few words what of Discord's operation is missing, for the table of operations."""
    bucket = Limit(shared or f"{method} {template}", *limit) if limit else None

    def register(answer: Callable[[Call], Response]) -> Callable[[Call], Response]:
        ROUTES.append(Route(method, template, answer, bucket, bot_only, partly))
        return answer

    return register


@functools.cache
def _table() -> dict[Shape, dict[str, Route | Operation]]:
    """What answers each path and method, words before parameters: `members/search` before `members/{user_id}`.

    Where there is no route, the operation that Discord would have. Made once all routes are registered."""
    found: dict[Shape, dict[str, Route | Operation]] = {}
    everything: list[Route | Operation] = [*OPERATIONS, *ROUTES]
    for one in everything:
        found.setdefault(shape(one.template), {})[one.method] = one
    return dict(sorted(found.items(), key=lambda entry: [part == "{}" for part in entry[0]]))


def find_route(method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
    """The route of a still percent-encoded path. Raises ApiError 404 or 405, which name the operation of Discord's
    that the playground lacks, and 50035 for a parameter that is no id."""
    segments = raw_path.removeprefix("/").split("/")
    known = [methods for pattern, methods in _table().items() if fits(pattern, segments)]
    if not known:
        raise not_found()
    found = next((methods for methods in known if method in methods), None)
    if found is None:
        raise ApiError(405, 0, "405: Method Not Allowed")
    one = found[method]
    if isinstance(one, Operation):
        has_others = any(isinstance(other, Route) for other in found.values())
        raise _absent(one, 405 if has_others else 404)
    params = [unquote(s) for s, part in zip(segments, shape(one.template), strict=True) if part == "{}"]
    named = dict(zip(parameters(one.template), params, strict=True))
    for name, value in named.items():
        if name.endswith("_id") and not (value.isascii() and value.isdigit()):
            raise invalid_form({name: ("NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')})
    return one, named


def _absent(operation: Operation, status: int) -> ApiError:
    what = f"{operation.id} ({operation.method} {operation.template})"
    return ApiError(status, 0, f"{status}: the playground does not have Discord's operation {what}.")
