"""Discord's gateway in shards: which of them are this process's, whose turn it is to identify, and coming back.

A shard is a connection that hears some of the servers: number `id >> 22` modulo how many shards there are. One
process alone holds as many as Discord advises. Of several, each is told which are its own, and they take turns.
"""

import asyncio
import re
from typing import Final, Protocol

from discord.ext import commands
from discord.gateway import ReconnectWebSocket
from discord.shard import Shard, ShardInfo
from redis import Redis
from redis.exceptions import RedisError

from jobs.connection import PREFIX

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


def resume_after_outages() -> None:
    """Let discord.py's shards resume when they come back from a lost network, as its plain client does.

    Its sharded client identifies anew as soon as one attempt has failed, and what happened meanwhile is lost.
    A session that cannot be resumed is refused by Discord, and then there is a new one all the same.
    """

    async def reconnect(self: Shard) -> None:
        await self.reidentify(ReconnectWebSocket(self.id, resume=True))

    Shard.reconnect = reconnect  # type: ignore[method-assign]


class ShardedBot(commands.AutoShardedBot):
    """discord.py's, with the gateway's address that `bot.gateway.endpoints` has set, whatever Discord advises."""

    async def launch_shards(self) -> None:
        if not self.shard_count:
            self.shard_count, _, _ = await self.http.get_bot_gateway()
        await super().launch_shards()
