"""The pages for those who watch: honest, in time, and gone when the program is."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from devstack.valkey import free_port
from jobs.observability import probes as watch
from jobs.observability.probes import serve_in_thread


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
