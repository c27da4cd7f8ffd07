"""Hooks on the bot's requests to Discord: each waits for its turn among the fleet's, and is counted.

discord.py keeps the limits of single routes, which it reads from Discord's headers. What it cannot know, how much
other processes ask with the same token, is settled in jobs.rate_limiter.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Final, TypeVar

import aiohttp
import discord
from prometheus_client import Histogram
from redis.exceptions import RedisError

from bot.gateway.retries import note, seconds
from jobs import clock
from jobs.observability.metrics import PREFIX, discord_answered, route_of
from jobs.rate_limiter import RateLimiter

MOST_S: Final = 15.0
"""Longest that a request waits for its turn, and less than a failure's sentence has (bot.replies.pending). Past
that, as without Redis, discord.py waits if it is refused."""
ACKNOWLEDGED: Final = Histogram(
    f"{PREFIX}acknowledge_seconds",
    "From the creation of an interaction (the time in its id) until Discord took the acknowledgement.",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 3),
)
T = TypeVar("T")
_CALLBACK: Final = "/interactions/{id}/{token}/callback"


def http_trace(rate_limiter: RateLimiter) -> aiohttp.TraceConfig:
    """For a discord.py client's `http_trace`."""
    trace = aiohttp.TraceConfig()

    async def start(_: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestStartParams) -> None:
        note(params.url.path)
        if "Authorization" in params.headers:
            wait_s = await _asked(partial(rate_limiter.take, MOST_S))
            await asyncio.sleep(wait_s or 0.0)

    async def end(_: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams) -> None:
        status, path, headers = params.response.status, params.url.path, params.response.headers
        wait_s = seconds(headers.get("Retry-After"))
        discord_answered(params.method, path, status, wait_s)
        if route_of(path) == _CALLBACK and status < 300:
            ACKNOWLEDGED.observe(max(0.0, clock.now() - _made_at(path)))
        if status == 429 and "Authorization" in params.headers and headers.get("X-RateLimit-Global"):
            await _asked(partial(rate_limiter.hold, wait_s))

    async def failed(
        _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        discord_answered(params.method, params.url.path, None)

    trace.on_request_start.append(start)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(failed)
    return trace


async def _asked(work: Callable[[], T]) -> T | None:
    """What Redis says, asked in a thread; None where it cannot be asked."""
    try:
        return await asyncio.to_thread(work)
    except RedisError:
        return None


def _made_at(path: str) -> float:
    """Unix time of an interaction's making, from the id in a callback's path."""
    return discord.utils.snowflake_time(int(path.rsplit("/", 3)[-3])).timestamp()
