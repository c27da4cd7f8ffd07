"""The pages of a process's monitoring, /healthz, /readyz and /metrics, and a server of them in a thread.

/healthz fails: restart the process. /readyz fails: send it no work, and alert if that lasts. Both give the reasons
in JSON. /metrics is for Prometheus. Unauthenticated: restrict access to your monitoring.
"""

import io
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from queue import Empty, Queue
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_log = logging.getLogger(__name__)

Probe = Callable[[], list[str]]
"""The reasons why not, for operators; none when all is well. Called in a thread, but for a bot's health."""

PATIENCE_S: Final = 4.0
"""A probe that takes longer has failed. Below the 5 s and more that probes usually wait."""

MOST_CONNECTIONS: Final = 64
"""At a time. One more ends the one that has been open longest, so that nobody who asks slowly keeps others out."""


class Answer(NamedTuple):
    """One page."""

    status: HTTPStatus
    content_type: str
    body: bytes


def probed(reasons: list[str]) -> Answer:
    """What /healthz and /readyz say."""
    body = json.dumps({"ok": not reasons, "reasons": reasons}).encode()
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK, "application/json", body)


def too_slow() -> list[str]:
    """The reason that a probe has failed which has not answered within PATIENCE_S."""
    return [f"no answer within {PATIENCE_S:g} s"]


def metrics() -> Answer:
    """What Prometheus reads. Some are read from Redis as they are asked for, so call it in a thread."""
    return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())


def serve_in_thread(healthy: Probe, ready: Probe, host: str, port: int) -> Callable[[], None]:
    """Serve the pages from threads until what is returned is called: for a program without an event loop.

    Raises OSError when the port is taken.
    """
    probes = {"/healthz": healthy, "/readyz": ready}

    def answer(page: str) -> Answer:
        if page == "/metrics":
            return _metrics()
        if page in probes:
            return probed(_patiently(probes[page]))
        return Answer(HTTPStatus.NOT_FOUND, "text/plain", b"404: Not Found")

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method in ("GET", "HEAD"):
            status, content_type, body = answer(environ["PATH_INFO"])
        else:
            status, content_type, body = HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"405: Method Not Allowed"
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Allow", "GET, HEAD")]
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if method == "HEAD" else [body]

    try:
        server = make_server(host, port, app, _Server6 if ":" in host else _Server, _Handler)
    except OSError as error:
        raise OSError(error.errno, f"{host}, port {port}: {error.strerror}") from error
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, as a probe may wait; no request keeps the program alive."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_port = False  # with it, two programs could have one port, and each some of its requests
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, *arguments: Any) -> None:
        self._open: dict[Any, None] = {}
        self._changing = threading.Lock()
        super().__init__(*arguments)

    def server_bind(self) -> None:
        # HTTPServer's own looks for the machine's name, for which a network without a name server waits.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changing:
            self._open[request] = None
            if len(self._open) > MOST_CONNECTIONS:
                longest = next(iter(self._open))
                del self._open[longest]
                with suppress(OSError):
                    longest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changing:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing where the client has gone or asked for nothing in time; anything else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            _log.exception("request not answered")


class _Server6(_Server):
    """On an address of IPv6."""

    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    """Quiet, and not for ever held by who asks nothing."""

    timeout = 10.0

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: monitoring asks every few seconds."""

    def get_stderr(self) -> io.StringIO:
        """Where tracebacks go of clients that left before the answer did: nowhere."""
        return io.StringIO()


def _metrics() -> Answer:
    """The metrics, or that they cannot be told, which the log explains."""
    try:
        return metrics()
    except Exception:
        _log.exception("metrics failed")
        return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", b"500: Internal Server Error")


def _patiently(probe: Probe) -> list[str]:
    """What a probe finds, or that it took too long."""
    found: Queue[list[str]] = Queue()

    def look() -> None:
        try:
            found.put(probe())
        except Exception as error:
            found.put([f"the probe failed: {type(error).__name__}"])

    threading.Thread(target=look, name="probe", daemon=True).start()
    try:
        return found.get(timeout=PATIENCE_S)
    except Empty:
        return too_slow()
