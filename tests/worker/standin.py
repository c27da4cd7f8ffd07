"""A few lines of Discord for the worker's tests: two PATCH routes over real HTTP, any answer; and reactions.

Every request is kept, and every PATCH that is not refused takes effect on the message it names, so a test can
look at what a user would see. Faults are asked for one request at a time.
"""

import json
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One answer: `status` and `body`, or a connection cut before or after the edit took effect."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    raw: bytes | None = None


@dataclass(frozen=True)
class Seen:
    """One request as it came. `files` maps a part's name to (filename, content type, bytes)."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    files: dict[str, tuple[str, str, bytes]]


class Standin:
    """A server on a free port; use as a context manager."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.always: Answer | None = None
        self.seen: list[Seen] = []
        self.state: dict[str, Seen] = {}
        self.reactions: list[str] = []
        self.reaction_answers: deque[int] = deque()
        """What the next reactions are answered; 204 when there is nothing here."""
        self.open = threading.Event()
        """Cleared, it holds every request back until it is set."""
        self.open.set()
        self.arrived = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.api = f"http://127.0.0.1:{self._server.server_port}/api/v10"

    def __enter__(self) -> "Standin":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """As new, for the next test."""
        self.answers.clear()
        self.always = None
        self.seen.clear()
        self.state.clear()
        self.reactions.clear()
        self.reaction_answers.clear()
        self.open.set()
        self.arrived.clear()

    def take(self, seen: Seen) -> Answer:
        """Keep a request, let it take effect unless it is refused, and say what to answer."""
        self.seen.append(seen)
        self.arrived.set()
        self.open.wait(timeout=120)
        answer = self.answers.popleft() if self.answers else self.always or Answer()
        if answer.status < 300 and answer.drop != "before":
            self.state[seen.path] = seen
        return answer


def parse(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, tuple[str, str, bytes]]]:
    """JSON or multipart with `payload_json`, as Discord reads it."""
    if content_type == "application/json":
        return json.loads(body), {}
    head = b"Content-Type: " + content_type.encode() + b"\r\n\r\n"
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    payload: dict[str, Any] = {}
    files = {}
    for part in message.iter_parts():
        name, data = str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if name == "payload_json":
            payload = json.loads(data)
        else:
            files[name] = (part.get_filename() or "", part.get_content_type(), data)
    return payload, files


def _handler(standin: Standin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PATCH(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields, files = parse(self.headers["Content-Type"], body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = standin.take(Seen(self.path.removeprefix("/api/v10"), headers, fields, files))
            if answer.drop:
                self.close_connection = True
                return
            data = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(ConnectionError):  # a killed worker waits for no answer
                self.wfile.write(data)

        def do_PUT(self) -> None:
            standin.reactions.append(self.path.removeprefix("/api/v10"))
            status = standin.reaction_answers.popleft() if standin.reaction_answers else 204
            answer = b"" if status == 204 else json.dumps({"code": 50013 if status == 403 else 0}).encode()
            self.send_response(status)
            self.send_header("Retry-After", "0.05")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    return Handler
