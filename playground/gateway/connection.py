"""One websocket, and the session that outlives it."""

import asyncio
import contextlib
import json
import secrets
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zstandard
from aiohttp import web

from playground.gateway.protocol import DISPATCH
from playground.state.seed import GUILD_ID
from playground.types import Json

KEPT_EVENTS = 1000


@dataclass(frozen=True)
class Frame:
    """One payload as it passed, for the inspector."""

    at: float
    from_bot: bool
    text: str


class Session:
    """What a bot identified for. It outlives its connection, so that a RESUME finds the events it missed."""

    def __init__(self, intents: int, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.shard = shard
        self.seq = 0
        self.events: deque[tuple[int, str]] = deque(maxlen=KEPT_EVENTS)
        self.connection: Connection | None = None
        self.lost_at: float | None = None
        self.presence: Json = {"status": "online", "activities": []}

    def sees_guild(self) -> bool:
        return (int(GUILD_ID) >> 22) % self.shard[1] == self.shard[0]

    def dispatch(self, name: str, data: Json) -> None:
        self.seq += 1
        text = json.dumps({"op": DISPATCH, "t": name, "s": self.seq, "d": data}, ensure_ascii=False)
        self.events.append((self.seq, text))
        if self.connection is not None:
            self.connection.send_text(text)


class Connection:
    """One websocket. A writer task keeps events in order and compresses them as one stream."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        request: web.Request,
        compression: str | None,
        seen: Callable[[bool, str], None],
    ) -> None:
        self.ws = ws
        self.request = request
        self._seen = seen
        self.session: Session | None = None
        self.last_beat = time.monotonic()
        self.received: deque[float] = deque()
        self._zlib = zlib.compressobj() if compression == "zlib-stream" else None
        self._zstd = zstandard.ZstdCompressor().compressobj() if compression == "zstd-stream" else None
        self._outgoing: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue()

    def send(self, op: int, data: Any = None) -> None:
        self.send_text(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        self._seen(False, text)
        self._outgoing.put_nowait(text)

    def close(self, code: int, reason: str = "") -> None:
        """Close once everything said before is written."""
        self._outgoing.put_nowait((code, reason))

    def drop(self) -> None:
        """Lose the connection as a broken network does: no closing handshake."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                item = await self._outgoing.get()
                if isinstance(item, tuple):
                    await self.ws.close(code=item[0], message=item[1].encode())
                    return
                if self._zlib is not None:
                    data = self._zlib.compress(item.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                    await self.ws.send_bytes(data)
                elif self._zstd is not None:
                    data = self._zstd.compress(item.encode())
                    data += self._zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
                    await self.ws.send_bytes(data)
                else:
                    await self.ws.send_str(item)
