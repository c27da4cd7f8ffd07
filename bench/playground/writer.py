"""Somebody who writes a great deal, through the controls: as fast as it goes, or a number of messages a second."""

import asyncio
import json
import time
from urllib.parse import urlsplit

CONNECTIONS = 8


def _request(host: str, bot_id: str, number: int) -> bytes:
    """One message as a request; it mentions the bot, so that bots are shown its text."""
    content = f"<@{bot_id}> message {number}, made at:{time.perf_counter_ns()}, and as long as people's are"
    body = json.dumps({"content": content}).encode()
    head = f"POST /playground/message HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def write(url: str, bot_id: str, messages: int, per_second: float | None) -> float:
    """Make the messages; returns when the first was begun, by perf_counter. Raises RuntimeError for a refusal."""
    where = urlsplit(url)
    numbers = iter(range(messages))
    began = time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for number in numbers:
            if per_second is not None:
                await asyncio.sleep(began + number / per_second - time.perf_counter())
            writer.write(_request(where.netloc, bot_id, number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            if b" 200 " not in head[:16]:
                raise RuntimeError(answer.decode())
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return began
