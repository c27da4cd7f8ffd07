"""Discord's gateway in shards: which of them are this process's, whose turn it is to identify, and coming back.

A shard is a connection that hears some of the servers: number `id >> 22` modulo how many shards there are. One
process alone holds as many as Discord advises. Of several, each is told which are its own, and they take turns.
"""

import asyncio
import logging
import random
import re
import time
import traceback
from typing import Any, Final, Protocol

import discord.shard
from discord.ext import commands
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.shard import Shard, ShardInfo
from redis import Redis
from redis.exceptions import RedisError

from jobs.connection import PREFIX

log = logging.getLogger(__name__)

CAP_S: Final = 60.0
"""Longest wait between two tries to connect."""
IDENTIFY_S: Final = 5.0
"""Discord takes one identification in this time, of all processes of a bot together."""
MARGIN_S: Final = 0.2
LOOK_S: Final = 0.25

_TURN: Final = f"{PREFIX}identify"
_RANGE: Final = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?")


class HasShards(Protocol):
    """As much of a client as is asked for the state of its shards."""

    @property
    def shards(self) -> dict[int, ShardInfo]: ...

    def is_ready(self) -> bool: ...


def parse_shards(text: str) -> tuple[int, ...]:
    """Numbers of shards, from "0-3, 8". Raises ValueError for what cannot be meant."""
    found: set[int] = set()
    for entry in filter(None, (entry.strip() for entry in text.split(","))):
        numbers = _RANGE.fullmatch(entry)
        first, last = (int(numbers[1]), int(numbers[2] or numbers[1])) if numbers else (1, 0)
        if first > last:
            raise ValueError("it must be numbers of shards or ranges of them, such as 0-3,8")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def disconnected_shards(client: HasShards) -> list[int]:
    """The shards of this process that are not connected now."""
    return [number for number, shard in client.shards.items() if shard.is_closed()]


def is_connected(client: HasShards) -> bool:
    """Whether every shard of this process is open, and has told us all that it tells at first."""
    return client.is_ready() and not disconnected_shards(client)


async def await_turn(redis: Redis) -> None:
    """Wait until this process may identify. Where Redis cannot say, as long as would be enough for one other."""

    def taken() -> bool:
        return bool(redis.set(_TURN, 1, nx=True, px=int(1000 * (IDENTIFY_S + MARGIN_S))))

    try:
        while not await asyncio.to_thread(taken):  # noqa: ASYNC110 others' turns end in Redis, not here
            await asyncio.sleep(LOOK_S)
    except RedisError:
        await asyncio.sleep(IDENTIFY_S)


class Backoff:
    """How long a shard waits before it connects again: up to CAP_S, where discord.py's own goes to 17 minutes."""

    def __init__(self) -> None:
        self._tries = 0
        self._last_at = 0.0

    def delay(self) -> float:
        """Seconds until the next try, the more the more there were within the last minutes."""
        now = time.monotonic()
        if now - self._last_at > 2 * CAP_S:
            self._tries = 0
        self._last_at, self._tries = now, self._tries + 1
        return random.uniform(0.5, 1.0) * min(CAP_S, 2.0 ** min(self._tries, 10))


SKIPPED: Final = (LookupError, TypeError, AttributeError, ValueError)
"""What discord.py raises when an event lacks a field, or holds another kind of thing in it."""
_RECEIVED: Final = DiscordWebSocket.received_message


def skip_odd_events() -> None:
    """Let discord.py pass over an event that it cannot read. It would end the process, and each of them with it."""

    async def received_message(self: DiscordWebSocket, msg: Any, /) -> None:
        try:
            await _RECEIVED(self, msg)
        except SKIPPED as odd:
            # Where it was read names the event. Its content stays out of the log: it has tokens and people's words.
            steps = [frame.name for frame in traceback.extract_tb(odd.__traceback__)]
            event = next((name for name in steps if name.startswith("parse_")), steps[-1])
            field = repr(odd) if isinstance(odd, LookupError) else type(odd).__name__
            log.error("gateway event skipped event=%s reason=%s", event.removeprefix("parse_"), field)

    DiscordWebSocket.received_message = received_message  # type: ignore[method-assign]


def resume_after_outages() -> None:
    """Let discord.py's shards resume when they come back from a lost network, as its plain client does.

    Its sharded client identifies anew as soon as one attempt has failed, and what happened meanwhile is lost.
    A session that cannot be resumed is refused by Discord, and then there is a new one all the same.
    """

    async def reconnect(self: Shard) -> None:
        await self.reidentify(ReconnectWebSocket(self.id, resume=True))

    vars(discord.shard)["ExponentialBackoff"] = Backoff
    Shard.reconnect = reconnect  # type: ignore[method-assign]


class ShardedBot(commands.AutoShardedBot):
    """discord.py's, with the gateway's address that `bot.gateway.endpoints` has set, whatever Discord advises."""

    async def launch_shards(self) -> None:
        if not self.shard_count:
            self.shard_count, _, _ = await self.http.get_bot_gateway()
        await super().launch_shards()
