"""Whether this bot is healthy and connected, and its metrics and probes together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import discord
from prometheus_client import REGISTRY, Gauge
from redis import Redis
from redis.exceptions import RedisError

from bot.gateway.shards import disconnected_shards, is_connected
from bot.observability.metrics import FleetCollector, ShardCollector, measure_lag
from bot.settings import BotSettings
from jobs.observability.logs import describe_error
from jobs.observability.metrics import PREFIX
from jobs.observability.probes import probe_app, serving

GATEWAY_READY = Gauge(f"{PREFIX}gateway_ready", "Whether the gateway sends this bot events, on all its shards.")
GATEWAY_LATENCY = Gauge(f"{PREFIX}gateway_latency_seconds", "From a gateway heartbeat to its acknowledgement.")


class PortTaken(Exception):
    """BOT_HTTP_PORT cannot be listened on; `str()` says why."""


@asynccontextmanager
async def observed(client: discord.AutoShardedClient, redis: Redis, settings: BotSettings) -> AsyncIterator[None]:
    """Measure while inside, and answer probes where BOT_HTTP_PORT is set. Raises PortTaken."""
    fleet = FleetCollector(redis, settings.picture_budget_mb * 2**20)
    GATEWAY_READY.set_function(lambda: is_connected(client))
    GATEWAY_LATENCY.set_function(lambda: client.latency)
    shards = ShardCollector(client)
    REGISTRY.register(fleet)
    REGISTRY.register(shards)
    lag = asyncio.create_task(measure_lag())
    try:
        async with AsyncExitStack() as pages:
            if settings.bot_http_port is not None:
                app = probe_app(lambda: why_unhealthy(client), lambda: why_not_ready(client, redis))
                try:
                    await pages.enter_async_context(serving(app, settings.http_host, settings.bot_http_port))
                except OSError as error:
                    raise PortTaken(f"BOT_HTTP_PORT: {error}") from error
            yield
    finally:
        lag.cancel()
        REGISTRY.unregister(shards)
        REGISTRY.unregister(fleet)


def why_unhealthy(client: discord.Client) -> list[str]:
    """That this is asked at all shows the event loop to run."""
    return ["the client is closed"] if client.is_closed() else []


def why_not_ready(client: discord.AutoShardedClient, redis: Redis) -> list[str]:
    """Reasons why a command would not arrive, or not be queued. Asks Redis, so call it in a thread."""
    disconnected = disconnected_shards(client) if client.is_ready() else []
    reasons = (
        []
        if is_connected(client)
        else ["the gateway is not connected" + (f", shards {disconnected}" if disconnected else "")]
    )
    try:
        redis.ping()
    except RedisError as error:
        reasons.append(f"redis: {describe_error(error)}")
    return reasons
