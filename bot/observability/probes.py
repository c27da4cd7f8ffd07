"""Whether this bot is healthy and connected; the event loop's lag, the shards, and the fleet's metrics from Redis.

Every bot process reports the same of the fleet: take the maximum over them, not the sum.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

import discord
from aiohttp import web
from prometheus_client import REGISTRY, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from bot.gateway.shards import disconnected_shards, is_connected
from bot.settings import BotSettings
from jobs.lifecycle.job import Jobs
from jobs.observability import probes
from jobs.observability.logs import describe_error
from jobs.observability.metrics import PREFIX
from jobs.observability.probes import Answer, Probe
from jobs.pictures import stored_bytes
from jobs.registry.fleet import STATES, Fleet
from jobs.rq_adapter import queue

GATEWAY_READY = Gauge(f"{PREFIX}gateway_ready", "Whether the gateway sends this bot events, on all its shards.")
GATEWAY_LATENCY = Gauge(f"{PREFIX}gateway_latency_seconds", "From a gateway heartbeat to its acknowledgement.")
LOOP_LAG: Final = Histogram(
    f"{PREFIX}event_loop_lag_seconds",
    "How late the event loop resumes a task that sleeps.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_LAG_EVERY_S: Final = 0.5

T = TypeVar("T")


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


def probe_app(healthy: Probe, ready: Probe) -> web.Application:
    """The pages that jobs.observability.probes describes, on the event loop: one that hangs answers none.

    `healthy` must not wait for anything. `ready` may, as the metrics do: each runs in a thread, one call at a time,
    and all who ask meanwhile get its answer. Threads are few, and commands need them while Redis hangs.
    """
    look, read = _shared(ready), _shared(probes.metrics)

    async def health(_request: web.Request) -> web.Response:
        return _response(probes.probed(healthy()))

    async def readiness(_request: web.Request) -> web.Response:
        try:
            reasons = await asyncio.wait_for(look(), probes.PATIENCE_S)
        except TimeoutError:
            reasons = probes.too_slow()
        return _response(probes.probed(reasons))

    async def metrics(_request: web.Request) -> web.Response:
        return _response(await read())

    app = web.Application()
    app.add_routes([web.get("/healthz", health), web.get("/readyz", readiness), web.get("/metrics", metrics)])
    return app


def _shared(call: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    """`call` in a thread; whoever asks while it runs waits for the same answer, and ends it for nobody."""
    running: asyncio.Task[T] | None = None

    async def answer() -> T:
        nonlocal running
        if running is None or running.done():
            running = asyncio.create_task(asyncio.to_thread(call))
        return await asyncio.shield(running)

    return answer


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve the pages while inside. Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


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


async def measure_lag() -> None:
    """Observe the event loop's lag for ever."""
    while True:
        start = time.monotonic()
        await asyncio.sleep(_LAG_EVERY_S)
        LOOP_LAG.observe(max(0.0, time.monotonic() - start - _LAG_EVERY_S))


class FleetCollector(Collector):
    """The queue, the workers, pending replies, stored pictures and Redis itself, read when asked for."""

    def __init__(self, redis: Redis, picture_budget: int) -> None:
        self._redis = redis
        self._picture_budget = picture_budget

    def describe(self) -> list[Metric]:
        """Without this, registering would ask Redis."""
        return list(_families().values())

    def collect(self) -> Iterator[Metric]:
        families = _families()
        try:
            self._fill(families)
            families["redis_up"].add_metric([], 1)
        except RedisError:
            families = _families()
            families["redis_up"].add_metric([], 0)
        yield from families.values()

    def _fill(self, families: dict[str, GaugeMetricFamily]) -> None:
        redis = self._redis
        jobs = queue.counts(redis)
        for state in ("waiting", "started", "postponed", "failed"):
            families["queue_jobs"].add_metric([state], getattr(jobs, state))
        families["queue_oldest_seconds"].add_metric([], jobs.oldest_s)
        families["pending_replies"].add_metric([], Jobs(redis).count_pending())
        states = [report.state for report in Fleet(redis).alive()]
        for state in STATES:
            families["workers"].add_metric([state], states.count(state))
        families["stored_picture_bytes"].add_metric(["used"], stored_bytes(redis))
        families["stored_picture_bytes"].add_metric(["budget"], self._picture_budget)
        memory: dict[str, Any] = redis.info("memory")
        families["redis_memory_bytes"].add_metric(["used"], float(memory.get("used_memory", 0)))
        families["redis_memory_bytes"].add_metric(["limit"], float(memory.get("maxmemory", 0)))


class ShardCollector(Collector):
    """How many shards the bot has in all its processes, and which of this one's are connected."""

    def __init__(self, client: discord.AutoShardedClient) -> None:
        self._client = client

    def collect(self) -> Iterator[Metric]:
        total = GaugeMetricFamily(
            f"{PREFIX}shards", "Gateway connections of all bots together; 0 if not known yet."
        )
        total.add_metric([], self._client.shard_count or 0)
        ready = GaugeMetricFamily(f"{PREFIX}shard_ready", "Whether a shard is connected.", labels=["shard"])
        for number, shard in self._client.shards.items():
            ready.add_metric([str(number)], float(not shard.is_closed()))
        yield from (total, ready)


def _families() -> dict[str, GaugeMetricFamily]:
    texts: dict[str, tuple[str, list[str]]] = {
        "redis_up": ("Whether Redis answered; where not, nothing else of the fleet is known.", []),
        "queue_jobs": (
            "Jobs by state: waiting, started, postponed (Discord did not take them) or failed.",
            ["state"],
        ),
        "queue_oldest_seconds": ("How long the job next in line has waited; 0 with an empty queue.", []),
        "pending_replies": ("People who were told to wait and have no answer yet.", []),
        "workers": ("Workers alive, by state.", ["state"]),
        "stored_picture_bytes": ("Pictures kept for drawing and redrawing: used, and the budget.", ["kind"]),
        "redis_memory_bytes": ("Redis's own memory: used, and its limit (0: none).", ["kind"]),
    }
    return {name: GaugeMetricFamily(PREFIX + name, text, labels=labels) for name, (text, labels) in texts.items()}
