"""Rate limits: a bucket per route and major parameter, and 50 requests a second for the token as a whole.

https://docs.discord.com/developers/topics/rate-limits. Discord publishes no numbers for single routes; these are
the ones that clients see in its headers. Only the shape is promised, so a bot must read the headers.
"""

import hashlib
import math
from dataclasses import dataclass

from playground.errors import ApiError
from playground.state.clock import Clock

GLOBAL_LIMIT, GLOBAL_WINDOW_S = 50, 1.0


@dataclass(frozen=True)
class Limit:
    """`count` requests in any window of `window_s` seconds; routes that share a name share the bucket."""

    name: str
    count: int
    window_s: float


@dataclass
class _Window:
    ends: float
    used: int = 0


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}
        self._global = _Window(0.0)

    def spend(self, limit: Limit | None, major: str, *, counts_globally: bool) -> dict[str, str]:
        """Count one request and return its X-RateLimit headers. Raises ApiError 429 when none is left."""
        now = self._clock.now()
        if counts_globally:
            if self._global.ends <= now:
                self._global = _Window(now + GLOBAL_WINDOW_S)
            if self._global.used >= GLOBAL_LIMIT:
                raise too_many(self._global.ends - now, scope="global", headers={})
            self._global.used += 1
        if limit is None:
            return {}
        if len(self._windows) > 1000:
            self._windows = {key: window for key, window in self._windows.items() if window.ends > now}
        window = self._windows.get((limit.name, major))
        if window is None or window.ends <= now:
            window = self._windows[limit.name, major] = _Window(now + limit.window_s)
        headers = {
            "X-RateLimit-Limit": str(limit.count),
            "X-RateLimit-Remaining": str(max(0, limit.count - window.used - 1)),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{window.ends - now:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(limit.name.encode()).hexdigest()[:32],
        }
        if window.used >= limit.count:
            raise too_many(window.ends - now, scope="user", headers=headers)
        window.used += 1
        return headers


def too_many(retry_after_s: float, *, scope: str, headers: dict[str, str]) -> ApiError:
    """Discord's 429; `scope` is user, global or shared. Retry-After is in whole seconds, the body in fractions."""
    is_global = scope == "global"
    extra_headers = {"Retry-After": str(math.ceil(retry_after_s)), "X-RateLimit-Scope": scope}
    if is_global:
        extra_headers["X-RateLimit-Global"] = "true"
    return ApiError(
        429,
        0,
        "You are being rate limited.",
        extra={"retry_after": round(retry_after_s, 3), "global": is_global},
        headers={**headers, **extra_headers},
    )
