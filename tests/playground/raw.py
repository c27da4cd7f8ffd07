"""A client of the playground without a library: plain REST calls and a plain gateway connection."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
import zstandard

from playground.server import Playground
from playground.state.seed import BOT_ROLE, ROLES, TOKEN

Json = dict[str, Any]
INTENTS = 1 << 0 | 1 << 9 | 1 << 10  # guilds, guild messages, guild reactions
BOT = f"Bot {TOKEN}"


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any


class Rest:
    """REST calls with the bot's token, or without any."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def __call__(
        self, method: str, path: str, body: object = None, *, token: str | None = BOT, reason: str | None = None
    ) -> Answer:
        headers = {} if token is None else {"Authorization": token}
        if reason is not None:
            headers["X-Audit-Log-Reason"] = quote(reason)
        return await self.send(method, path, json=body, headers=headers)

    async def multipart(
        self,
        method: str,
        path: str,
        payload: object,
        files: dict[str, tuple[str, bytes]],
        *,
        token: str | None = BOT,
    ) -> Answer:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps(payload), content_type="application/json")
        for name, (filename, data) in files.items():
            form.add_field(name, data, filename=filename, content_type="application/octet-stream")
        return await self.send(method, path, data=form, headers={} if token is None else {"Authorization": token})

    async def send(self, method: str, path: str, **how: Any) -> Answer:
        async with self.session.request(method, f"{self.url}/api/v10{path}", **how) as response:
            text = await response.text()
            is_json = response.headers.get("Content-Type") == "application/json"
            return Answer(response.status, response.headers, json.loads(text) if is_json else text)


def refused(answer: Answer) -> tuple[int, int]:
    """Status and Discord's error code."""
    return answer.status, answer.body["code"]


def empower(permissions: int, position: int = 2) -> None:
    """Give the bot's role more permissions, and a place above or below others: Moderator is at 2, Admin at 3."""
    role = ROLES[BOT_ROLE]
    role.permissions |= permissions
    role.position = position


class Socket:
    """One gateway connection that reads what it is sent as JSON, whatever the compression."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, compress: str | None) -> None:
        self.ws = ws
        self.seq: int | None = None
        self.session_id = ""
        self._zlib = zlib.decompressobj()
        self._zstd = zstandard.ZstdDecompressor().decompressobj()
        self._compress = compress

    async def send(self, op: int, data: object) -> None:
        await self.ws.send_json({"op": op, "d": data})

    async def receive(self) -> Json:
        """The next payload. Raises Hangup with the close code when there is none."""
        frame = await self.ws.receive(timeout=60)
        if frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
            raise Hangup(self.ws.close_code)
        if frame.type is aiohttp.WSMsgType.TEXT:
            assert self._compress is None
            text = frame.data
        elif self._compress == "zlib-stream":
            assert frame.data.endswith(b"\x00\x00\xff\xff")
            text = self._zlib.decompress(frame.data)
        else:
            assert self._compress == "zstd-stream"
            text = self._zstd.decompress(frame.data)
        payload: Json = json.loads(text)
        if payload["s"] is not None:
            self.seq = payload["s"]
        return payload

    async def identify(self, *, intents: int = INTENTS, token: str = TOKEN, **more: object) -> Json:
        """Say hello and who we are; returns READY's data."""
        hello = await self.receive()
        assert hello["op"] == 10
        await self.send(2, {"token": token, "intents": intents, "properties": {}, **more})
        ready = await self.event("READY")
        self.session_id = ready["session_id"]
        return ready

    async def event(self, name: str) -> Json:
        """The data of the next event of that name; others are passed over."""
        while True:
            payload = await self.receive()
            if payload["t"] == name:
                data: Json = payload["d"]
                return data


class Hangup(Exception):
    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@asynccontextmanager
async def connect(playground: Playground, compress: str | None = None) -> AsyncIterator[Socket]:
    query = "?v=10&encoding=json" + (f"&compress={compress}" if compress else "")
    async with aiohttp.ClientSession() as session, session.ws_connect(playground.gateway.url + query) as ws:
        yield Socket(ws, compress)


@dataclass
class Presser:
    """A bot of bare hands: connected, with one command /ascii registered, whose interactions it hands out."""

    playground: Playground
    rest: Rest
    socket: Socket
    commands: list[Json] = field(default_factory=list)

    async def used(self, command: str = "ascii", **more: Any) -> Json:
        """Use a command as mia; returns the INTERACTION_CREATE data."""
        await control(self.playground, "POST", "/slash", {"command": command, "options": {}, **more})
        return await self.socket.event("INTERACTION_CREATE")

    async def answer(self, interaction: Json, body: Json, *, with_response: bool = True) -> Answer:
        query = "?with_response=1" if with_response else ""
        path = f"/interactions/{interaction['id']}/{interaction['token']}/callback{query}"
        return await self.rest("POST", path, body, token=None)

    @staticmethod
    def hook(interaction: Json, rest_of_path: str = "/messages/@original") -> str:
        return f"/webhooks/{interaction['application_id']}/{interaction['token']}{rest_of_path}"


async def control(playground: Playground, method: str, path: str, body: object = None) -> Any:
    """A control request from the test's own loop; the answer must be a success."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{playground.url}/playground{path}", json=body) as response,
    ):
        answer = await response.json()
        assert response.status == 200, answer
        return answer


async def eventually(condition: Any, seconds: float = 60.0) -> Any:
    """Wait until condition() is truthy, and return it."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return found
