"""The gateway: sessions over websockets, with heartbeats, resuming and transport compression.

https://docs.discord.com/developers/events/gateway
"""

from __future__ import annotations

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
from aiohttp import WSMsgType, web

from playground.clock import Clock
from playground.guild import (
    APPLICATION_ID,
    BOT_ID,
    DIRECTS,
    GUILD_ID,
    USERS,
    VIEW_CHANNEL,
    guild_create_json,
    member_json,
    permissions,
)
from playground.world import World

Json = dict[str, Any]

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME, RECONNECT, REQUEST_MEMBERS = 0, 1, 2, 3, 4, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN, ALREADY_AUTHENTICATED = 4001, 4002, 4003, 4004, 4005
INVALID_SEQ, RATE_LIMITED, TIMED_OUT, INVALID_SHARD, INVALID_VERSION = 4007, 4008, 4009, 4010, 4012
INVALID_INTENTS, DISALLOWED_INTENTS = 4013, 4014

GUILDS, GUILD_MESSAGES, GUILD_MESSAGE_REACTIONS = 1 << 0, 1 << 9, 1 << 10
FOR_DIRECT = {GUILD_MESSAGES: 1 << 12, GUILD_MESSAGE_REACTIONS: 1 << 13, 0: 0}  # its counterpart in direct messages
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15  # members, presences, message content: granted to nobody here
KNOWN_INTENTS = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
INTENT_OF = {
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
    "MESSAGE_DELETE_BULK": GUILD_MESSAGES,
    "MESSAGE_REACTION_ADD": GUILD_MESSAGE_REACTIONS,
    "MESSAGE_REACTION_REMOVE": GUILD_MESSAGE_REACTIONS,
    "MESSAGE_REACTION_REMOVE_ALL": GUILD_MESSAGE_REACTIONS,
    "MESSAGE_REACTION_REMOVE_EMOJI": GUILD_MESSAGE_REACTIONS,
    "INTERACTION_CREATE": 0,
}
RESUMABLE_S = 180.0
KEPT_EVENTS = 1000
KEPT_FRAMES = 100
COMMANDS_A_MINUTE = 120


@dataclass(frozen=True)
class Frame:
    """One payload as it passed, for whoever looks through the glass."""

    at: float
    from_bot: bool
    text: str


class Closed(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


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


class Gateway:
    def __init__(self, world: World, clock: Clock, token: str, *, heartbeat_interval_s: float = 41.25) -> None:
        self.world = world
        self.clock = clock
        self.token = token
        self.url = ""
        self.heartbeat_interval_s = heartbeat_interval_s
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.frames: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self.on_frame: list[Callable[[Frame], None]] = []
        world.on_event.append(self._emit)

    def connected(self) -> int:
        return sum(1 for session in self.sessions.values() if session.connection is not None)

    def _seen(self, from_bot: bool, text: str) -> None:
        frame = Frame(self.clock.now(), from_bot, text)
        self.frames.append(frame)
        for listener in self.on_frame:
            listener(frame)

    def _emit(self, name: str, data: Json) -> None:
        needed, channel_id = INTENT_OF[name], data["channel_id"]
        if channel_id in DIRECTS:
            needed = FOR_DIRECT[needed]
        visible = permissions(BOT_ID, channel_id) & VIEW_CHANNEL or name == "INTERACTION_CREATE"
        for session in self.sessions.values():
            # Direct messages come to shard 0.
            mine = session.shard[0] == 0 if channel_id in DIRECTS else session.sees_guild()
            if visible and mine and session.intents & needed == needed:
                session.dispatch(name, data)

    # One connection's life

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, autoping=True, max_msg_size=1 << 20)
        await ws.prepare(request)
        compression = request.query.get("compress")
        connection = Connection(ws, request, compression, self._seen)
        self.connections.add(connection)
        writer = asyncio.create_task(connection.write())
        watcher = asyncio.create_task(self._watch(connection))
        try:
            if request.query.get("v", "10") not in ("9", "10"):
                raise Closed(INVALID_VERSION, "Invalid API version.")
            if request.query.get("encoding", "json") != "json":
                raise Closed(DECODE_ERROR, "The playground speaks JSON only.")
            connection.send(HELLO, {"heartbeat_interval": int(self.heartbeat_interval_s * 1000), "_trace": []})
            async for frame in ws:
                if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                self._receive(connection, frame.data)
        except Closed as closed:
            connection.close(closed.code, closed.reason)
            await writer
        finally:
            watcher.cancel()
            writer.cancel()
            self._lost(connection, clean=ws.close_code in (1000, 1001) and ws.closed)
        return ws

    async def _watch(self, connection: Connection) -> None:
        """Discord hangs up on a client that stops beating."""
        allowed = self.heartbeat_interval_s * 1.5
        while (left := connection.last_beat + allowed - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)
        connection.close(TIMED_OUT, "Session timed out.")

    def _lost(self, connection: Connection, *, clean: bool) -> None:
        self.connections.discard(connection)
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        session.lost_at = self.clock.now()
        if clean:  # closing with 1000 or 1001 gives the session up
            self.sessions.pop(session.id, None)
        self._tell_page()

    def _tell_page(self) -> None:
        self.world.changed("sessions", {"count": self.connected()})

    def _receive(self, connection: Connection, raw: str | bytes) -> None:
        self._limit(connection)
        self._seen(True, raw if isinstance(raw, str) else raw.decode("utf-8", "replace"))
        try:
            message = json.loads(raw)
            op, data = message["op"], message.get("d")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Closed(DECODE_ERROR, "Error while decoding payload.") from error
        if op == HEARTBEAT:
            connection.last_beat = time.monotonic()
            connection.send(HEARTBEAT_ACK)
        elif op == IDENTIFY:
            self._identify(connection, data)
        elif op == RESUME:
            self._resume(connection, data)
        elif op not in (PRESENCE, VOICE_STATE, REQUEST_MEMBERS):
            raise Closed(UNKNOWN_OPCODE, "Unknown opcode.")
        elif connection.session is None:
            raise Closed(NOT_AUTHENTICATED, "Not authenticated.")
        elif op == REQUEST_MEMBERS:
            self._members(connection.session, data)

    @staticmethod
    def _limit(connection: Connection) -> None:
        now = time.monotonic()
        connection.received.append(now)
        while connection.received[0] < now - 60:
            connection.received.popleft()
        if len(connection.received) > COMMANDS_A_MINUTE:
            raise Closed(RATE_LIMITED, "You are being rate limited.")

    def _identify(self, connection: Connection, data: Any) -> None:
        if connection.session is not None:
            raise Closed(ALREADY_AUTHENTICATED, "Already authenticated.")
        if not isinstance(data, dict):
            raise Closed(DECODE_ERROR, "Error while decoding payload.")
        if str(data.get("token", "")).removeprefix("Bot ") != self.token:
            raise Closed(WRONG_TOKEN, "Authentication failed.")
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            raise Closed(INVALID_INTENTS, "Invalid intent(s).")
        if intents & PRIVILEGED:
            raise Closed(DISALLOWED_INTENTS, "Disallowed intent(s).")
        shard = data.get("shard") or [0, 1]
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            raise Closed(INVALID_SHARD, "Invalid shard.")
        session = Session(intents, (shard[0], shard[1]))
        self.sessions[session.id] = session
        self._attach(session, connection)
        guilds = [{"id": GUILD_ID, "unavailable": True}] if session.sees_guild() else []
        ready: Json = {
            "v": 10,
            "user": {**USERS[BOT_ID].as_json(), "email": None, "mfa_enabled": True, "verified": True},
            "guilds": guilds,
            "private_channels": [],
            "relationships": [],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": APPLICATION_ID, "flags": 0},
            "_trace": [],
        }
        session.dispatch("READY", ready)
        if guilds and intents & GUILDS:
            session.dispatch("GUILD_CREATE", guild_create_json())

    def _attach(self, session: Session, connection: Connection) -> None:
        session.connection = connection
        session.lost_at = None
        connection.session = session
        self._tell_page()

    def _resume(self, connection: Connection, data: Any) -> None:
        if connection.session is not None:
            raise Closed(ALREADY_AUTHENTICATED, "Already authenticated.")
        if not isinstance(data, dict):
            raise Closed(DECODE_ERROR, "Error while decoding payload.")
        if str(data.get("token", "")).removeprefix("Bot ") != self.token:
            raise Closed(WRONG_TOKEN, "Authentication failed.")
        session = self.sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        if not isinstance(seq, int) or session is None or self._expired(session, seq):
            if session is not None:
                del self.sessions[session.id]
            connection.send(INVALID_SESSION, False)
            return
        if seq > session.seq:
            raise Closed(INVALID_SEQ, "Invalid seq.")
        if session.connection is not None:
            session.connection.close(4000, "Resumed elsewhere.")
        self._attach(session, connection)
        for number, text in session.events:
            if number > seq:
                connection.send_text(text)
        session.dispatch("RESUMED", {"_trace": []})

    def _expired(self, session: Session, seq: int) -> bool:
        too_late = session.lost_at is not None and self.clock.now() - session.lost_at > RESUMABLE_S
        forgotten = bool(session.events) and seq < session.events[0][0] - 1
        return too_late or forgotten

    def _members(self, session: Session, data: Any) -> None:
        """REQUEST_GUILD_MEMBERS by ids or by the start of a name."""
        wanted = data.get("user_ids") or []
        ids = {str(user) for user in (wanted if isinstance(wanted, list) else [wanted])}
        query = str(data.get("query") or "").lower()
        if ids:
            found = [user for user in USERS if user in ids]
        else:
            found = [user.id for user in USERS.values() if user.username.startswith(query)]
        chunk: Json = {
            "guild_id": GUILD_ID,
            "members": [member_json(user) for user in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": sorted(ids - set(found)),
        }
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    # What a test orders

    def drop_all(self) -> int:
        """Break every connection; sessions stay and can be resumed."""
        for connection in list(self.connections):
            connection.drop()
        return len(self.connections)

    def reconnect_all(self) -> int:
        """Op 7: ask every client to come back and resume."""
        for connection in list(self.connections):
            connection.send(RECONNECT)
        return len(self.connections)

    def join_all(self) -> int:
        """Somebody adds the bot to the guild: the event of a start, but without the word `unavailable`."""
        data = {key: value for key, value in guild_create_json().items() if key != "unavailable"}
        for session in self.sessions.values():
            session.dispatch("GUILD_CREATE", data)
        return len(self.sessions)

    def invalidate_all(self) -> int:
        """Op 9 (false): forget every session, so that clients identify anew."""
        for connection in list(self.connections):
            if connection.session is not None:
                connection.session.connection = None
                connection.session = None
            connection.send(INVALID_SESSION, False)
        self.sessions.clear()
        return len(self.connections)

    async def shut_down(self) -> None:
        for connection in list(self.connections):
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(1):
                    await connection.ws.close(code=1001, message=b"The playground closes.")
