"""The pages for those who watch: honest, in time, and gone when the program is."""

import http.client
import json
import socket
import struct
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from devstack.valkey import free_port
from jobs.observability import probes as watch
from jobs.observability.probes import MOST_CONNECTIONS, serve_in_thread


def answering() -> list[threading.Thread]:
    """The threads that answer requests now."""
    return [thread for thread in threading.enumerate() if "process_request_thread" in thread.name]


def ask(port: int, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_pages_from_a_thread_until_it_is_stopped() -> None:
    port, reasons = free_port(), list[str]()
    stop = serve_in_thread(lambda: [], lambda: reasons, "127.0.0.1", port)
    assert ask(port, "/healthz") == (200, '{"ok": true, "reasons": []}')
    assert ask(port, "/readyz")[0] == 200
    reasons.append("the gateway is not connected")
    status, body = ask(port, "/readyz")
    assert status == 503 and json.loads(body) == {"ok": False, "reasons": reasons}
    assert ask(port, "/healthz")[0] == 200
    status, body = ask(port, "/metrics")
    assert status == 200 and "# TYPE process_cpu_seconds_total counter" in body
    assert ask(port, "/else")[0] == 404
    stop()
    with pytest.raises(OSError, match="refused"):
        ask(port, "/healthz")


def test_a_check_that_hangs_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_S", 0.05)
    port, over = free_port(), threading.Event()

    def hangs() -> list[str]:
        over.wait(30)
        return []

    stop = serve_in_thread(lambda: [], hangs, "127.0.0.1", port)
    status, body = ask(port, "/readyz")
    over.set()
    stop()
    assert status == 503 and "no answer within" in body


def test_a_port_that_is_taken_is_said_at_once() -> None:
    port = free_port()
    stop = serve_in_thread(lambda: [], lambda: [], "127.0.0.1", port)
    with pytest.raises(OSError, match=str(port)):
        serve_in_thread(lambda: [], lambda: [], "127.0.0.1", port)
    stop()


def test_who_leaves_or_asks_nothing_is_no_news(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As load balancers do, which only look whether the port is open."""
    monkeypatch.setattr(watch._Handler, "timeout", 0.05)
    port = free_port()
    stop = serve_in_thread(lambda: [], lambda: [], "127.0.0.1", port)
    for asked in (b"", b"GET /heal", b"GET /metrics HTTP/1.0\r\n\r\n"):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(asked)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()  # by a reset
    with socket.create_connection(("127.0.0.1", port), 30) as idle:
        assert idle.recv(1) == b""
    monkeypatch.undo()
    assert ask(port, "/healthz")[0] == 200
    stop()
    for thread in answering():
        thread.join(30)
    assert capfd.readouterr() == ("", "")


def test_many_who_ask_slowly_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch._Handler, "timeout", 600.0)
    port = free_port()
    stop = serve_in_thread(lambda: [], lambda: [], "127.0.0.1", port)
    with ExitStack() as clients:
        slow = []
        for _ in range(MOST_CONNECTIONS + 1):
            slow.append(clients.enter_context(socket.create_connection(("127.0.0.1", port), 30)))
        assert slow[0].recv(1) == b"", "the longest made room"
        assert ask(port, "/healthz")[0] == 200
    stop()


def test_only_what_reads_is_answered() -> None:
    port = free_port()
    stop = serve_in_thread(lambda: [], lambda: [], "127.0.0.1", port)
    told = {}
    for method in ("GET", "HEAD", "POST"):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request(method, "/healthz")
        answer = client.getresponse()
        told[method] = answer.status, answer.headers["Content-Length"]
        client.close()
    with socket.create_connection(("127.0.0.1", port), 30) as bare:
        bare.sendall(b"HEAD /healthz HTTP/1.0\r\n\r\n")
        assert bare.makefile("rb").read().endswith(b"\r\n\r\n"), "no body"
    stop()
    assert told == {"GET": (200, "27"), "HEAD": (200, "27"), "POST": (405, "23")}


def test_metrics_that_cannot_be_told_are_a_fault_that_the_log_explains(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> watch.Answer:
        raise RuntimeError("no card")

    monkeypatch.setattr(watch, "metrics", broken)
    port = free_port()
    stop = serve_in_thread(lambda: [], lambda: [], "127.0.0.1", port)
    assert ask(port, "/metrics")[0] == 500
    stop()
    assert "no card" in caplog.text
