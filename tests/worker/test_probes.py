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
from worker.observability.probes import STUCK_S, WorkerProbes


def worker(**changes: Any) -> Any:
    """As much of a worker as probes look at."""
    breaker = SimpleNamespace(is_open=changes.pop("is_open", False), last_error="OutOfMemoryError in job 7")
    fields: dict[str, Any] = {"came_round_at": time.monotonic(), "stopping": False, "suspended": False}
    return SimpleNamespace(**fields | {"breaker": breaker} | changes)


@pytest.fixture
def probes(redis: Redis) -> WorkerProbes:
    return WorkerProbes(redis)


def test_before_there_is_a_worker_it_is_well_but_starting(probes: WorkerProbes) -> None:
    assert probes.why_unhealthy() == [] and probes.why_not_ready() == ["starting"]


def test_a_worker_that_works(probes: WorkerProbes) -> None:
    probes._worker = worker()
    assert probes.why_unhealthy() == probes.why_not_ready() == []


def test_a_loop_that_does_not_come_round_is_unhealthy(probes: WorkerProbes) -> None:
    probes._worker = worker(came_round_at=time.monotonic() - STUCK_S - 1)
    (reason,) = probes.why_unhealthy()
    assert "has not come round" in reason


def test_who_takes_no_jobs_is_not_ready(probes: WorkerProbes) -> None:
    probes._worker = worker(is_open=True, stopping=True)
    assert probes.why_unhealthy() == []
    assert probes.why_not_ready() == ["stopping", "degraded: OutOfMemoryError in job 7"]


def test_a_lost_redis_is_named() -> None:
    probes = WorkerProbes(connect(f"redis://127.0.0.1:{free_port()}/0"))
    probes._worker = worker()
    assert probes.why_not_ready() == ["redis: ConnectionError"]


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
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
        assert worker.process.wait(PATIENCE_S) == 2
    assert worker.log.startswith("worker: WORKER_HTTP_PORT: ") and "Traceback" not in worker.log
