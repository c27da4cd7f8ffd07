"""Puts the parts together as one web application and serves it."""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

from aiohttp import web
from aiohttp.typedefs import Handler

from playground import cdn
from playground.access import LOOPBACK_NAMES, Access, check_public
from playground.api.handler import Api, hang_up
from playground.api.record import Recorder
from playground.control.controls import ControlApi, as_answer
from playground.errors import ApiError, ControlError
from playground.faults import Fault, Faults
from playground.gateway.gateway import Gateway
from playground.page import gallery
from playground.page.inspector import Inspector
from playground.page.static_files import page_file
from playground.recording.routes import RecordingRoutes
from playground.request_body import MAX_BODY
from playground.state.clock import Clock
from playground.state.seed import TOKEN
from playground.state.world import World

PORTS_TO_TRY = 50


@dataclass(frozen=True)
class PublicNames:
    """Where the playground says it is. By default on its own address; with a certificate for Discord's own names
    it can be Discord itself to a client that resolves them here."""

    gateway: str
    cdn: str
    hosts: frozenset[str] = frozenset()
    site: str = ""  # of the API; empty for the playground's own address

    @classmethod
    def discord(cls) -> "PublicNames":
        names = frozenset({"discord.com", "gateway.discord.gg", "cdn.discordapp.com"})
        return cls("wss://gateway.discord.gg", "https://cdn.discordapp.com", names, "https://discord.com")


def bind(host: str, port: int) -> socket:
    """A listening socket on `port`, or on the next free one of PORTS_TO_TRY. Raises OSError when all are taken."""
    for candidate in range(port, port + PORTS_TO_TRY + 1) if port else [0]:
        sock = socket(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM)
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            sock.bind((host.strip("[]"), candidate))
            sock.listen(128)
        except OSError:
            sock.close()
            continue
        return sock
    raise OSError(f"ports {port} to {port + PORTS_TO_TRY} on {host} are all taken: choose another with --port")


class Playground:
    """The whole local Discord. `async with Playground(...)` serves it; `url` is where."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        host: str = "127.0.0.1",
        port: int = 0,
        record: Path | None = None,
        tls: ssl.SSLContext | None = None,
        names: PublicNames | None = None,
        heartbeat_interval_s: float = 41.25,
        password: str | None = None,
    ) -> None:
        check_public(host, password, token)
        self._access = Access(password)
        self.clock = Clock()
        self.world = World(self.clock)
        self.faults = Faults(self.clock)
        self.recorder = Recorder(record)
        self.gateway = Gateway(self.world, token, heartbeat_interval_s=heartbeat_interval_s)
        self.control = ControlApi(self.world, self.gateway, self.faults, self.recorder)
        self.inspector = Inspector(self.world, self.gateway, self.faults, self.recorder)
        self.recording = RecordingRoutes(self.world)
        self._api = Api(self.world, self.gateway, self.faults, self.recorder)
        self._host, self._port, self._tls, self._names = host, port, tls, names
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.port = 0

    def _app(self) -> web.Application:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if (refusal := self._access.refusal(request)) is not None:
                return web.json_response({"error": refusal}, status=403)
            if not self._access.is_known(request):
                ask = {"WWW-Authenticate": 'Basic realm="Playground", charset="UTF-8"'}
                return web.json_response({"error": "a password is needed"}, status=401, headers=ask)
            try:
                return await handler(request)
            except (ControlError, ApiError) as error:
                return as_answer(error)

        app = web.Application(middlewares=[guard], client_max_size=MAX_BODY)
        app.add_routes(
            [*self.control.routes(), *self.inspector.routes(), *self.recording.routes(), *gallery.routes()]
        )
        app.router.add_route("*", "/api/{path:.+}", self._api.handle)
        for path in ("/gateway", "/gateway/"):  # some clients put the slash before their query
            app.router.add_get(path, self._gateway)
        for kind in ("attachments", "ephemeral-attachments"):
            path = f"/{{kind:{kind}}}/{{channel_id}}/{{file_id}}/{{name:.*}}"
            app.router.add_get("/cdn" + path, self._cdn)
            app.router.add_get(path, self._cdn)
        for base in ("/cdn", ""):
            app.router.add_get(base + "/stickers/{name}", self._sticker)
            for kind in ("app-icons", "avatars", "banners", "embed", "emojis", "external", "guilds", "icons"):
                app.router.add_get(f"{base}/{kind}/{{name:.+}}", self._look)
        app.router.add_get("/", self._index)
        app.router.add_get("/page/{name}", self._page)
        return app

    async def __aenter__(self) -> "Playground":
        sock = bind(self._host, self._port)
        self.port = sock.getsockname()[1]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        name = f"[{reachable}]" if ":" in reachable else reachable
        self.url = f"{'https' if self._tls else 'http'}://{name}:{self.port}"
        names = self._names or PublicNames(self.url.replace("http", "ws", 1) + "/gateway", self.url + "/cdn")
        self.gateway.url, self.world.files.cdn_base = names.gateway, names.cdn
        self.world.site = names.site or self.url
        self._access.hosts = LOOPBACK_NAMES | {self._host.strip("[]")} | names.hosts
        self._access.url = self.url
        # A stalled request waits forever by design, so closing waits for nobody.
        self._runner = web.AppRunner(self._app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.SockSite(self._runner, sock, ssl_context=self._tls).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.clock.stop()
        await self.gateway.shut_down()
        if self._runner is not None:
            await self._runner.cleanup()
        self.recorder.close()

    async def _fault(self, request: web.Request, path: str) -> tuple[Fault | None, web.Response | None]:
        """The fault ordered for a CDN or gateway request, and the answer when it is already decided.

        Faults are for bots: what a browser fetches for the page is left alone and uses none up."""
        if "Sec-Fetch-Dest" in request.headers:
            return None, None
        fault = self.faults.take(request.method, path)
        if fault is None:
            return None, None
        await asyncio.sleep(fault.delay_s)
        if fault.drop is not None:
            return fault, hang_up(request)
        if fault.status is not None:
            kind = "text/html" if fault.page else "text/plain"
            return fault, web.Response(status=fault.status, text=str(fault.body or fault.status), content_type=kind)
        return fault, None

    async def _cdn(self, request: web.Request) -> web.StreamResponse:
        fault, answer = await self._fault(request, "/cdn" + request.path.removeprefix("/cdn"))
        return answer or await cdn.serve_file(request, self.world, fault)

    async def _sticker(self, request: web.Request) -> web.StreamResponse:
        fault, answer = await self._fault(request, "/cdn" + request.path.removeprefix("/cdn"))
        return answer or await cdn.serve_sticker(request, self.world, fault)

    async def _look(self, request: web.Request) -> web.StreamResponse:
        _, answer = await self._fault(request, "/cdn" + request.path.removeprefix("/cdn"))
        return answer or cdn.serve_look(request, self.world)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        fault, answer = await self._fault(request, "/gateway")
        if fault is not None and fault.stall:
            await asyncio.Event().wait()
        return answer or await self.gateway.handle(request)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":  # gateway.discord.gg has no path
            return await self._gateway(request)
        return page_file("side_by_side.html" if "people" in request.query else "index.html")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return page_file(request.match_info["name"])
