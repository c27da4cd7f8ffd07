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

from playground.gateway.frames import as_frame, event_payload
from playground.json_bytes import as_json
from playground.state.seed import GUILD_ID
from playground.types import Json

KEPT_EVENTS = 1000
RESUMABLE_S = 180.0
MOST_WAITING = 16 * 1024 * 1024
"""Bytes for a client that doesn't read; then the connection is dropped, as Discord does."""
MOST_AT_ONCE = 256 * 1024
FULL = 256 * 1024
"""Bytes in the socket's buffer from which on the next wait."""
LOOK_AGAIN_S = 0.01


@dataclass(frozen=True, slots=True)
class Frame:
    """One payload as it passed, for the inspector."""

    at: float
    from_bot: bool
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode("utf-8", "replace")


class Session:
    """What a bot identified for. It outlives its connection, so that a RESUME finds the events it missed."""

    def __init__(self, intents: int, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.shard = shard
        self.seq = 0
        self.events: deque[tuple[int, str, bytes]] = deque(maxlen=KEPT_EVENTS)
        self.connection: Connection | None = None
        self.lost_at: float | None = None
        self.presence: Json = {"status": "online", "activities": []}

    def is_resumable(self, now: float) -> bool:
        return self.lost_at is None or now - self.lost_at <= RESUMABLE_S

    def sees_guild(self) -> bool:
        return (int(GUILD_ID) >> 22) % self.shard[1] == self.shard[0]

    def dispatch(self, name: str, data: Any) -> None:
        self.dispatch_json(name, as_json(data))

    def dispatch_json(self, name: str, data: bytes) -> None:
        """An event whose data is JSON already, which several sessions may share."""
        self.seq += 1
        self.events.append((self.seq, name, data))
        if self.connection is not None:
            self.connection.send_payload(event_payload(self.seq, name, data))

    def missed(self, seq: int) -> list[bytes]:
        """The payloads of the events after that one."""
        return [event_payload(number, name, data) for number, name, data in self.events if number > seq]


class Connection:
    """One websocket. A writer task keeps events in order, compresses them as one stream and writes what waits in
    one go: a system call for each event would cost more than all the rest."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        request: web.Request,
        compression: str | None,
        seen: Callable[[bool, bytes], None],
    ) -> None:
        self.id = secrets.token_hex(8)
        self.ws = ws
        self.request = request
        self._seen = seen
        self.session: Session | None = None
        self.last_beat = time.monotonic()
        self.received: deque[float] = deque()
        # The lowest level: nothing here is far away, and it takes half the time.
        self._zlib = zlib.compressobj(1) if compression == "zlib-stream" else None
        self._zstd = zstandard.ZstdCompressor(level=1).compressobj() if compression == "zstd-stream" else None
        self._outgoing: deque[bytes | tuple[int, str]] = deque()
        self._waiting = 0
        self._more = asyncio.Event()

    def send(self, op: int, data: Any = None) -> None:
        self.send_payload(json.dumps({"op": op, "d": data, "s": None, "t": None}).encode())

    def send_payload(self, payload: bytes) -> None:
        self._seen(False, payload)
        self._waiting += len(payload)
        if self._waiting > MOST_WAITING:
            self.drop()
        else:
            self._outgoing.append(payload)
            self._more.set()

    def close(self, code: int, reason: str = "") -> None:
        """Close once everything said before is written."""
        self._outgoing.append((code, reason))
        self._more.set()

    def drop(self) -> None:
        """Lose the connection as a broken network does: no closing handshake."""
        self._outgoing.clear()
        if self.request.transport is not None:
            self.request.transport.abort()

    async def write(self) -> None:
        """Send what there is to send, until the connection is closed or lost."""
        with contextlib.suppress(ConnectionError):
            while (transport := self.request.transport) is not None and not transport.is_closing():
                if not self._outgoing:
                    self._more.clear()
                    await self._more.wait()
                if self.ws.closed:
                    return
                transport.write(b"".join(self._frames()))
                if self._outgoing and isinstance(last := self._outgoing[0], tuple):
                    await self.ws.close(code=last[0], message=last[1].encode())
                    return
                while transport.get_write_buffer_size() > FULL and not transport.is_closing():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_AGAIN_S)

    def _frames(self) -> list[bytes]:
        """What waits, up to a close or MOST_AT_ONCE, as websocket frames."""
        frames: list[bytes] = []
        size = 0
        while self._outgoing and size < MOST_AT_ONCE and isinstance(payload := self._outgoing[0], bytes):
            self._outgoing.popleft()
            self._waiting -= len(payload)
            if self._zlib is not None:
                payload = self._zlib.compress(payload) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
            elif self._zstd is not None:
                payload = self._zstd.compress(payload) + self._zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
            is_text = self._zlib is None and self._zstd is None
            frames += as_frame(payload, is_text=is_text)
            size += len(payload)
        return frames
