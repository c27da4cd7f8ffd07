"""Raw gateway clients in a process of their own: `python -m bench.playground.bots URL TOKEN CLIENTS MESSAGES HOW`.

HOW is a compression or `none`. Prints `ready` once all have identified. When each has had all messages, or none
came for 20 s, it prints a JSON object for each client: how many it had, when the last came, and how many ms
passed from each message's making to its arrival.
"""

import asyncio
import json
import re
import sys
import time
import zlib
from array import array

import aiohttp

MADE_AT = re.compile(rb"at:(\d+)")
GUILD_MESSAGES_AND_GUILDS = 1 << 9 | 1
PATIENCE_S = 20


async def client(http: aiohttp.ClientSession, url: str, token: str, expected: int, ready: asyncio.Event) -> object:
    """One bot that only listens. Times in messages are of the clock that all processes of a machine share."""
    latencies, last = array("d"), 0.0
    inflate = zlib.decompressobj() if "zlib" in url else None
    async with http.ws_connect(url, max_msg_size=0) as ws:
        identify = {"token": token, "intents": GUILD_MESSAGES_AND_GUILDS, "properties": {}}
        await ws.send_str(json.dumps({"op": 2, "d": identify}))
        while len(latencies) < expected:
            try:
                message = await ws.receive(PATIENCE_S)
            except TimeoutError:
                break
            if message.type is aiohttp.WSMsgType.BINARY and inflate is not None:
                data = inflate.decompress(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                data = message.data.encode()
            else:
                break
            if b'"READY"' in data[:200]:
                ready.set()
            if (made := MADE_AT.search(data)) is not None:
                last = time.perf_counter()
                latencies.append((last * 1e9 - int(made[1])) / 1e6)
    return {"had": len(latencies), "last": last, "ms": latencies.tolist()}


async def main(url: str, token: str, clients: int, expected: int, compress: str) -> None:
    """Run all clients and print what they saw."""
    query = "?v=10&encoding=json" + (f"&compress={compress}" if compress != "none" else "")
    async with aiohttp.ClientSession() as http:
        ready = [asyncio.Event() for _ in range(clients)]
        tasks = [asyncio.create_task(client(http, url + query, token, expected, one)) for one in ready]
        await asyncio.gather(*(one.wait() for one in ready))
        print("ready", flush=True)
        print(json.dumps(await asyncio.gather(*tasks)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
