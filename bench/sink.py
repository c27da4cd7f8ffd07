"""A Discord that takes every edit and says yes, at next to no cost: `python -m bench.sink`, its address on stdout.

Benchmarks of the worker measure the worker; the playground, which keeps and checks what it gets, would take a good
part of the second core. Nothing but the length of a request is looked at, and the answer is a whole message's size.
"""

import asyncio
import json
from typing import Final

_BODY: Final = json.dumps({"id": "30", "channel_id": "20", "content": "", "filler": "x" * 900}).encode()
_ANSWER: Final = (
    f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next((line for line in head.split(b"\r\n") if line.startswith(b"content-length:")), b":0")
            await reader.readexactly(int(length.split(b":")[1]))
            writer.write(_ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=2**20)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/api/v10", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
