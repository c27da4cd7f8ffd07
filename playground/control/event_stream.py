"""Server-sent events: everything that is told goes to every page that listens.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio

from aiohttp import web

from playground.json_bytes import as_json
from playground.types import Json

MOST_WAITING = 2000
STILL_HERE_S = 15


class EventStream:
    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[bytes | None]] = set()

    @property
    def watched(self) -> bool:
        return bool(self._pages)

    def tell(self, what: str, data: Json) -> None:
        if not self._pages:
            return
        event = _event(what, data)
        for queue in list(self._pages):
            if queue.qsize() < MOST_WAITING:
                queue.put_nowait(event)
            elif queue.qsize() == MOST_WAITING:  # a page that sleeps; it loads everything when it comes back
                queue.put_nowait(None)

    async def serve(self, request: web.Request, first: tuple[str, Json] | None = None) -> web.StreamResponse:
        """Send events until the page leaves, `first` before all others."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._pages.add(queue)
        try:
            await response.write(b": hello\n\n" if first is None else _event(*first))
            while True:
                try:
                    async with asyncio.timeout(STILL_HERE_S):
                        event = await queue.get()
                except TimeoutError:
                    event = b": still here\n\n"
                if event is None:
                    break
                await response.write(event)
        except ConnectionError:
            pass
        finally:
            self._pages.discard(queue)
        return response


def _event(what: str, data: Json) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (what.encode(), as_json(data))
