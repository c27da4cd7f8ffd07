"""What a worker tells its probes: starting, stuck, stepped back, and on a port of its own."""

import socket
import time
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis

from devstack.valkey import free_port
from jobs.connection import connect
from tests.worker.processes import PATIENCE_S, Start, until
from worker.observability.probes import STUCK_S, Watching


def worker(**changes: Any) -> Any:
    """As much of a worker as probes look at."""
    health = SimpleNamespace(degraded=changes.pop("degraded", False), last_error="OutOfMemoryError in job 7")
    fields: dict[str, Any] = {"came_round_at": time.monotonic(), "stopping": False, "health": health}
    return SimpleNamespace(**fields | changes)


@pytest.fixture
def watching(redis: Redis) -> Watching:
    return Watching(redis)


def test_before_there_is_a_worker_it_is_well_but_starting(watching: Watching) -> None:
    assert watching.why_unhealthy() == [] and watching.why_not_ready() == ["starting"]


def test_a_worker_that_works(watching: Watching) -> None:
    watching._worker = worker()
    assert watching.why_unhealthy() == watching.why_not_ready() == []


def test_a_loop_that_does_not_come_round_is_unhealthy(watching: Watching) -> None:
    watching._worker = worker(came_round_at=time.monotonic() - STUCK_S - 1)
    (reason,) = watching.why_unhealthy()
    assert "has not come round" in reason


def test_who_takes_no_jobs_is_not_ready(watching: Watching) -> None:
    watching._worker = worker(degraded=True, stopping=True)
    assert watching.why_unhealthy() == []
    assert watching.why_not_ready() == ["stopping", "degraded: OutOfMemoryError in job 7"]


def test_a_lost_redis_is_named() -> None:
    watching = Watching(connect(f"redis://127.0.0.1:{free_port()}/0"))
    watching._worker = worker()
    assert watching.why_not_ready() == ["redis: ConnectionError"]


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.HTTPError, OSError):
        return False


def two_ports() -> int:
    """A free port whose next one is free, too."""
    while True:
        port = free_port()
        with socket.socket() as following:
            try:
                following.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def test_each_child_of_a_supervisor_has_its_own_port(start: Start) -> None:
    port = two_ports()
    start("worker", "--count", "2", WORKER_HTTP_PORT=str(port))
    until(lambda: ready(port) and ready(port + 1), "both children to be ready")


def test_a_taken_port_is_one_readable_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        worker = start(WORKER_HTTP_PORT=str(taken.getsockname()[1]))
        assert worker.process.wait(PATIENCE_S) == 1
    assert worker.log.startswith("worker: WORKER_HTTP_PORT: ") and "Traceback" not in worker.log
