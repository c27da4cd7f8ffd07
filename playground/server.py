"""Puts the parts together as one web application and serves it."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from urllib.parse import urlsplit

from aiohttp import BasicAuth, web
from aiohttp.typedefs import Handler

from playground import cdn, gallery
from playground.api import Api, hang_up
from playground.clock import Clock
from playground.control import Control, as_answer
from playground.errors import ApiError, ControlError
from playground.faults import Fault, Faults
from playground.forms import MAX_BODY
from playground.gateway import Gateway
from playground.guild import TOKEN
from playground.inspector import Glass
from playground.record import Recorder
from playground.world import World

PAGE = Path(__file__).parent / "page"
PORTS_TO_TRY = 50
PAGE_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SHORTEST_PASSWORD = 12
LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class PublicNames:
    """Where the playground says it is. By default on its own address; with a certificate for Discord's own names
    it can be Discord itself to a client that resolves them here."""

    gateway: str
    cdn: str
    hosts: frozenset[str] = frozenset()

    @classmethod
    def discord(cls) -> PublicNames:
        names = frozenset({"discord.com", "gateway.discord.gg", "cdn.discordapp.com"})
        return cls("wss://gateway.discord.gg", "https://cdn.discordapp.com", names)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_public(host: str, password: str | None, token: str) -> None:
    """Raise ValueError for an address that others could reach, unless password and token can keep them out."""
    if is_loopback(host):
        return
    if password is None:
        raise ValueError(
            f"--host {host} would let others in: set PLAYGROUND_PASSWORD to a password of {SHORTEST_PASSWORD} "
            "characters or more, or use 127.0.0.1, ::1 or localhost"
        )
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"PLAYGROUND_PASSWORD has fewer than {SHORTEST_PASSWORD} characters: take a longer one")
    if token == TOKEN:
        raise ValueError(f"--host {host} would let others in by the token that everybody knows: choose --token")


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
        self._password = password
        self.clock = Clock()
        self.world = World(self.clock)
        self.faults = Faults()
        self.recorder = Recorder(record)
        self.gateway = Gateway(self.world, self.clock, token, heartbeat_interval_s=heartbeat_interval_s)
        self.control = Control(self.world, self.gateway, self.faults, self.recorder)
        self.glass = Glass(self.world, self.gateway, self.faults, self.recorder)
        self._api = Api(self.world, self.gateway, self.faults, self.recorder)
        self._host, self._port, self._tls, self._names = host, port, tls, names
        self._runner: web.AppRunner | None = None
        self._allowed_hosts: set[str] = set()
        self.url = ""
        self.port = 0

    def _app(self) -> web.Application:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if (refusal := self._refusal(request)) is not None:
                return web.json_response({"error": refusal}, status=403)
            if not self._is_known(request):
                ask = {"WWW-Authenticate": 'Basic realm="Playground", charset="UTF-8"'}
                return web.json_response({"error": "a password is needed"}, status=401, headers=ask)
            try:
                return await handler(request)
            except (ControlError, ApiError) as error:
                return as_answer(error)

        app = web.Application(middlewares=[guard], client_max_size=MAX_BODY)
        app.add_routes([*self.control.routes(), *self.glass.routes(), *gallery.routes()])
        app.router.add_route("*", "/api/v10/{path:.+}", self._api.handle)
        app.router.add_get("/gateway", self._gateway)
        for kind in ("attachments", "ephemeral-attachments"):
            path = f"/{{kind:{kind}}}/{{channel_id}}/{{file_id}}/{{name:.*}}"
            app.router.add_get("/cdn" + path, self._cdn)
            app.router.add_get(path, self._cdn)
        for base in ("/cdn", ""):
            app.router.add_get(base + "/stickers/{name}", self._sticker)
        app.router.add_get("/", self._index)
        app.router.add_get("/page/{name}", self._page)
        return app

    async def __aenter__(self) -> Playground:
        sock = bind(self._host, self._port)
        self.port = sock.getsockname()[1]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        name = f"[{reachable}]" if ":" in reachable else reachable
        self.url = f"{'https' if self._tls else 'http'}://{name}:{self.port}"
        names = self._names or PublicNames(self.url.replace("http", "ws", 1) + "/gateway", self.url + "/cdn")
        self.gateway.url, self.world.cdn_base = names.gateway, names.cdn
        self._allowed_hosts = LOOPBACK_NAMES | {self._host.strip("[]")} | names.hosts
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

    def _refusal(self, request: web.Request) -> str | None:
        """Why a browser must not make this request: a name not ours (DNS rebinding), or another site's page."""
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
        if host not in self._allowed_hosts and self._password is None:
            return f"this playground does not answer to the name {host!r}; use {self.url}"
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            return "requests from other sites are refused"
        if request.method != "GET" and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            return "requests from other sites are refused"
        return None

    def _is_known(self, request: web.Request) -> bool:
        """Whether the page and the controls may be used: with a password, by those who send it (HTTP Basic).

        Bots have their token; interactions and files have addresses that cannot be guessed."""
        is_page = request.path == "/" and request.headers.get("Upgrade", "").lower() != "websocket"
        if self._password is None or not (is_page or request.path.startswith(("/playground", "/page"))):
            return True
        try:
            given = BasicAuth.decode(request.headers.get("Authorization", ""), encoding="utf-8").password
        except ValueError:
            return False
        return hmac.compare_digest(given.encode(), self._password.encode())

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
            return fault, web.Response(status=fault.status, text=str(fault.body or fault.status))
        return fault, None

    async def _cdn(self, request: web.Request) -> web.StreamResponse:
        fault, answer = await self._fault(request, "/cdn" + request.path.removeprefix("/cdn"))
        return answer or await cdn.serve_file(request, self.world, fault)

    async def _sticker(self, request: web.Request) -> web.StreamResponse:
        fault, answer = await self._fault(request, "/cdn" + request.path.removeprefix("/cdn"))
        return answer or await cdn.serve_sticker(request, self.world, fault)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        fault, answer = await self._fault(request, "/gateway")
        if fault is not None and fault.stall:
            await asyncio.Event().wait()
        return answer or await self.gateway.handle(request)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":  # gateway.discord.gg has no path
            return await self._gateway(request)
        return _page_file("index.html")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return _page_file(request.match_info["name"])


def _page_file(name: str) -> web.Response:
    kind = PAGE_TYPES.get(Path(name).suffix)
    path = PAGE / name
    if kind is None or path.parent != PAGE or not path.is_file():
        raise web.HTTPNotFound()
    headers = {
        "Content-Security-Policy": PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
        "Content-Type": kind,
    }
    return web.Response(body=path.read_bytes(), headers=headers)
