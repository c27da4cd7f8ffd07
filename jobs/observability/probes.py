"""The HTTP server for a process's monitoring: /healthz, /readyz and /metrics.

/healthz fails: restart the process. /readyz fails: send it no work, and alert if that lasts. Both give the reasons
in JSON. /metrics is for Prometheus. Unauthenticated: restrict access to your monitoring.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Probe = Callable[[], list[str]]
"""The reasons why not, for operators; none when all is well. Called in a thread."""

PATIENCE_S: Final = 4.0
"""A probe that takes longer has failed. Below the 5 s and more that probes usually wait."""
START_S: Final = 10.0


def probe_app(healthy: Probe, ready: Probe) -> web.Application:
    """The three pages."""

    def page(probe: Probe) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_request: web.Request) -> web.Response:
            try:
                reasons = await asyncio.wait_for(asyncio.to_thread(probe), PATIENCE_S)
            except TimeoutError:
                reasons = [f"no answer within {PATIENCE_S:g} s"]
            return web.json_response({"ok": not reasons, "reasons": reasons}, status=503 if reasons else 200)

        return answer

    async def metrics(_request: web.Request) -> web.Response:
        # In a thread, since some are read from Redis as they are asked for.
        body = await asyncio.to_thread(generate_latest)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", page(healthy)), web.get("/readyz", page(ready)), web.get("/metrics", metrics)]
    )
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve the pages while inside. Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def serve_in_thread(app: web.Application, host: str, port: int) -> Callable[[], None]:
    """The same from a program without an event loop: serve in a thread of its own until what is returned is called.

    Raises OSError when the port is taken.
    """
    loop, begun, failure = asyncio.new_event_loop(), threading.Event(), list[OSError]()
    ended = asyncio.Event()

    async def serve() -> None:
        try:
            async with serving(app, host, port):
                begun.set()
                await ended.wait()
        except OSError as error:
            failure.append(error)
        finally:
            begun.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run, name="probes", daemon=True)
    thread.start()
    begun.wait(START_S)
    if failure:
        raise failure[0]

    def stop() -> None:
        loop.call_soon_threadsafe(ended.set)
        thread.join(timeout=START_S)

    return stop
