"""The gateway: sessions over websockets, with heartbeats, resuming and transport compression.

https://docs.discord.com/developers/events/gateway
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from playground.gateway.connection import Connection, Frame, Session
from playground.gateway.intents import GUILDS, readable, wanted
from playground.gateway.payloads import guild_create, ready
from playground.gateway.protocol import (
    ALREADY_AUTHENTICATED,
    DECODE_ERROR,
    HEARTBEAT,
    HEARTBEAT_ACK,
    HELLO,
    IDENTIFY,
    INVALID_SEQ,
    INVALID_SESSION,
    INVALID_VERSION,
    NOT_AUTHENTICATED,
    PRESENCE,
    RATE_LIMITED,
    RECONNECT,
    REQUEST_MEMBERS,
    REQUEST_SOUNDS,
    RESUME,
    TIMED_OUT,
    UNKNOWN_OPCODE,
    VOICE_STATE,
    WRONG_TOKEN,
    Closed,
    check_hello,
    read_intents,
    read_shard,
)
from playground.gateway.requests import heard_presence, member_chunks, sounds, voice_events
from playground.json_bytes import as_json
from playground.state.permissions import VIEW_CHANNEL
from playground.state.seed import BOT_ID, DIRECTS, permissions
from playground.state.world import World
from playground.types import Json

ACK_AFTER_S = 0.03
KEPT_FRAMES = 100
COMMANDS_A_MINUTE = 120
LONGEST_PAYLOAD = 4096


class Gateway:
    def __init__(self, world: World, token: str, *, heartbeat_interval_s: float = 41.25) -> None:
        self.world = world
        self.token = token
        self.url = ""
        self.heartbeat_interval_s = heartbeat_interval_s
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.frames: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self.on_frame: list[Callable[[Frame], None]] = []
        world.events.on_event.append(self._emit)

    def connected(self) -> int:
        return sum(1 for session in self.sessions.values() if session.connection is not None)

    def _seen(self, from_bot: bool, payload: bytes) -> None:
        frame = Frame(self.world.clock.now(), from_bot, payload)
        self.frames.append(frame)
        for listener in self.on_frame:
            listener(frame)

    def _emit(self, name: str, data: Json) -> None:
        channel_id = data.get("channel_id")
        # A thread is for those who see its channel; of channels a bot is told whether it sees them or not.
        if name.startswith("THREAD_") and name != "THREAD_LIST_SYNC":
            channel_id = data.get("channel_id") or data["id"]
        of_all = channel_id is None or name == "INTERACTION_CREATE"
        visible = of_all or permissions(BOT_ID, str(channel_id)) & VIEW_CHANNEL
        made: dict[int, bytes | None] = {}  # what sessions of the same intents are sent, made once
        for session in self.sessions.values():
            # Direct messages come to shard 0.
            mine = session.shard[0] == 0 if channel_id in DIRECTS else session.sees_guild()
            if visible and mine and wanted(session.intents, name, data):
                if session.intents not in made:
                    shown = readable(session.intents, name, data)
                    made[session.intents] = None if shown is None else as_json(shown)
                if (encoded := made[session.intents]) is not None:
                    session.dispatch_json(name, encoded)

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
        session.lost_at = self.world.clock.now()
        if clean:  # closing with 1000 or 1001 gives the session up
            self.sessions.pop(session.id, None)
        self._tell_clients()
        self._show_presence()

    def _tell_clients(self) -> None:
        self.world.events.changed("sessions", {"count": self.connected()})

    def _show_presence(self) -> None:
        """The bot's presence is that of a session which is connected."""
        there = [session.presence for session in self.sessions.values() if session.connection is not None]
        self.world.presences.put(BOT_ID, there[-1] if there else {"status": "offline", "activities": []})

    def _receive(self, connection: Connection, raw: str | bytes) -> None:
        self._limit(connection)
        self._seen(True, raw if isinstance(raw, bytes) else raw.encode("utf-8", "backslashreplace"))
        try:
            if len(raw) > LONGEST_PAYLOAD:
                raise ValueError("too long")
            message = json.loads(raw)
            op, data = message["op"], message.get("d")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Closed(DECODE_ERROR, "Error while decoding payload.") from error
        if op == HEARTBEAT:
            connection.last_beat = time.monotonic()
            # Not at once: a client notes when it sent only after it has, and would measure from the beat before.
            asyncio.get_running_loop().call_later(ACK_AFTER_S, connection.send, HEARTBEAT_ACK)
        elif op == IDENTIFY:
            self._identify(connection, data)
        elif op == RESUME:
            self._resume(connection, data)
        elif op not in (PRESENCE, VOICE_STATE, REQUEST_MEMBERS, REQUEST_SOUNDS):
            raise Closed(UNKNOWN_OPCODE, "Unknown opcode.")
        elif connection.session is None:
            raise Closed(NOT_AUTHENTICATED, "Not authenticated.")
        else:
            self._serve(connection.session, op, data)

    def _serve(self, session: Session, op: int, data: Any) -> None:
        """What a bot asks for once it is known."""
        if op == PRESENCE:
            session.presence = heard_presence(data)
            self._show_presence()
        elif op == REQUEST_MEMBERS:
            for chunk in member_chunks(session, self.world, data):
                session.dispatch("GUILD_MEMBERS_CHUNK", chunk)
        elif op == REQUEST_SOUNDS:
            for answer in sounds(data):
                session.dispatch("SOUNDBOARD_SOUNDS", answer)
        else:
            for name, event in voice_events(session, data):
                session.dispatch(name, event)

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
        data = check_hello(data, self.token)
        portal = self.world.portal
        if portal.used_up():  # Discord resets the token of a bot that starts too often
            raise Closed(WRONG_TOKEN, "Authentication failed.")
        session = Session(read_intents(data, portal.intents), read_shard(data))
        if data.get("presence") is not None:
            session.presence = heard_presence(data["presence"])
        if not portal.may_start(session.shard[0]):
            connection.send(INVALID_SESSION, False)
            return
        now = self.world.clock.now()
        self.sessions = {key: one for key, one in self.sessions.items() if one.is_resumable(now)}
        self.sessions[session.id] = session
        self._attach(session, connection)
        session.dispatch("READY", ready(session, self.url, portal.flags()))
        if session.sees_guild() and session.intents & GUILDS:
            session.dispatch("GUILD_CREATE", guild_create(session, self.world))
        self._show_presence()

    def _attach(self, session: Session, connection: Connection) -> None:
        session.connection = connection
        session.lost_at = None
        connection.session = session
        self._tell_clients()

    def _resume(self, connection: Connection, data: Any) -> None:
        if connection.session is not None:
            raise Closed(ALREADY_AUTHENTICATED, "Already authenticated.")
        data = check_hello(data, self.token)
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
        for payload in session.missed(seq):
            connection.send_payload(payload)
        session.dispatch("RESUMED", {"_trace": []})
        self._show_presence()

    def _expired(self, session: Session, seq: int) -> bool:
        forgotten = bool(session.events) and seq < session.events[0][0] - 1
        return forgotten or not session.is_resumable(self.world.clock.now())

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
        for session in self.sessions.values():
            data = guild_create(session, self.world)
            session.dispatch("GUILD_CREATE", {key: data[key] for key in data if key != "unavailable"})
        return len(self.sessions)

    def send_all(self, name: str, data: Any) -> int:
        """Send every session an event as it is, also one that Discord would never send."""
        for session in self.sessions.values():
            session.dispatch(name, data)
        return len(self.sessions)

    def invalidate_all(self) -> int:
        """Op 9 (false): forget every session, so that clients identify anew."""
        for connection in list(self.connections):
            if connection.session is not None:
                connection.session.connection = None
                connection.session = None
            connection.send(INVALID_SESSION, False)
        self.sessions.clear()
        self._show_presence()
        return len(self.connections)

    async def shut_down(self) -> None:
        for connection in list(self.connections):
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(1):
                    await connection.ws.close(code=1001, message=b"The playground closes.")
