"""Redis restarted, gone, full and failed over: people get an honest answer meanwhile, and everything comes back.

Bot and worker reach it by a name and through a proxy, so that what stands behind the name can change.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from devstack.proxy import Proxy
from devstack.stack import Stack
from devstack.valkey import start_valkey
from jobs.connection import connect
from jobs.registry.fleet import Fleet
from jobs.rq_adapter.queue import render_queue
from jobs.text.sentences import SENTENCES
from playground.testing import Controls
from tests.e2e.conftest import PANDA, PatientControls
from tests.fork_server import forked
from tests.sentences import plain

Used = dict[str, str]
QUIET = 25
"""Lines that bot and worker together may log in an outage: some at its beginning, its end and for each answer."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy(0) as running:
        yield running


@pytest.fixture(scope="module")
def service(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Bot and one worker, which know Redis as localhost behind the proxy."""
    settings = {"REDIS_URL": f"redis://localhost:{proxy.port}/0", "TORCH_THREADS": "1", "OMP_NUM_THREADS": "1"}
    stack = Stack(tmp_path_factory.mktemp("outage"), settings=settings, start=forked)
    proxy.target = stack.redis_port
    with stack:
        yield stack


@pytest.fixture
def direct(service: Stack) -> Iterator[Redis]:
    with connect(service.redis_url, patient=True) as redis:
        yield redis


def ask(controls: Controls) -> Used:
    return controls.slash("ascii", files={"image": PANDA})


def refused_for_memory(redis: Redis) -> int:
    """How many commands of bot and worker had no room so far."""
    return int(redis.info("errorstats").get("errorstat_OOM", {"count": 0})["count"])


def _until_grown(count: Callable[[], int], by: int) -> None:
    """Wait until bot and worker have tried so many times more."""
    wanted = count() + by
    Controls.wait_for(lambda: count() >= wanted)


def has_picture(controls: Controls, used: Used) -> bool:
    answer = controls.answer_to(used)
    return bool(answer and answer["attachments"])


def is_drawn(controls: Controls, used: Used) -> None:
    controls.wait_for(lambda: has_picture(controls, used))


def log_of(stack: Stack) -> list[str]:
    return [line for log in stack.folder.glob("*.log") for line in log.read_text().splitlines()]


def wait_until_drawn_again(controls: Controls) -> None:
    """Ask, as people do, until there is a picture again."""

    def drawn() -> bool:
        # What it says while a picture waits is no reason to ask again, which would only make the queue longer.
        return bool(PatientControls(controls.url).wait_for_answer(ask(controls))["attachments"])

    controls.wait_for(drawn)


def test_what_waits_on_the_queue_survives_a_killed_redis(service: Stack, direct: Redis) -> None:
    controls = service.controls
    (worker,) = service.workers
    worker.kill()
    worker.wait()
    controls.wait_for(lambda: not Fleet(direct).alive())
    waiting = [ask(controls) for _ in range(3)]
    controls.wait_for(lambda: render_queue(direct).count == 3)
    for used in waiting:
        assert controls.wait_for_answer(used)["content"] == SENTENCES["queued_no_worker"]
    service.stop_valkey(kill=True)
    service.start_valkey()
    service.workers[0] = service.start_worker()
    for used in waiting:
        is_drawn(controls, used)


def test_an_outage_is_said_and_quiet(service: Stack, proxy: Proxy) -> None:
    controls, before = service.controls, len(log_of(service))
    service.stop_valkey()
    for _ in range(3):
        _until_grown(lambda: proxy.turned_away, by=6)
        answer = controls.wait_for_answer(ask(controls))
        assert plain(answer["content"]) == SENTENCES["queue_down"]
    service.start_valkey()
    wait_until_drawn_again(controls)
    log = log_of(service)
    assert len(log) - before < QUIET, "\n".join(log[before:])
    assert not any("Traceback" in line for line in log)
    assert any("worker.queue.redis_outage redis lost" in line for line in log)
    controls.wait_for(lambda: any("worker.queue.redis_outage redis back" in line for line in log_of(service)))


def test_a_redis_whose_memory_is_full_is_said_and_recovered_from(service: Stack, direct: Redis) -> None:
    controls, before = service.controls, len(log_of(service))
    direct.config_set("maxmemory", 1)
    try:
        for _ in range(3):
            assert plain(controls.wait_for_answer(ask(controls))["content"]) == SENTENCES["store_full"]
            _until_grown(lambda: refused_for_memory(direct), by=2)
    finally:
        direct.config_set("maxmemory", 0)
    wait_until_drawn_again(controls)
    log = log_of(service)
    assert len(log) - before < QUIET, "\n".join(log[before:])
    assert not any("Traceback" in line for line in log)


def test_memory_that_fills_up_while_a_picture_is_drawn_costs_nobody_the_picture(
    service: Stack, direct: Redis
) -> None:
    controls = service.controls
    # What says that a picture waits is not meant.
    controls.fault(method="PATCH", path="/webhooks/", delay_s=2, uploads=True)
    used = ask(controls)
    controls.wait_for(lambda: any(fault["hits"] for fault in controls.faults()))
    refused = refused_for_memory(direct)
    direct.config_set("maxmemory", 1)  # the worker has posted, and cannot write that down
    try:
        is_drawn(controls, used)
        controls.wait_for(lambda: refused_for_memory(direct) > refused + 1)
    finally:
        direct.config_set("maxmemory", 0)
        controls.clear_faults()
    wait_until_drawn_again(controls)
    answer = controls.answer_to(used)
    assert answer is not None and len(answer["attachments"]) == 1


@pytest.mark.parametrize("gently", [True, False], ids=["the old one becomes a replica", "the old one dies"])
def test_a_fail_over_is_followed_by_name(service: Stack, proxy: Proxy, tmp_path: Path, gently: bool) -> None:
    controls = service.controls
    old = service.redis_port
    second = start_valkey(folder=tmp_path / "second", config={"maxmemory-policy": "noeviction"})
    try:
        with (
            connect(f"redis://127.0.0.1:{old}/0", patient=True) as first,
            connect(f"redis://127.0.0.1:{second.port}/0", patient=True) as other,
        ):
            first.config_set("repl-diskless-sync-delay", 0)
            other.replicaof("127.0.0.1", old)
            controls.wait_for(lambda: other.info("replication")["master_link_status"] == "up")
            controls.wait_for(lambda: other.dbsize() == first.dbsize())
            proxy.target = second.port
            other.replicaof("NO", "ONE")
            if gently:
                first.replicaof("127.0.0.1", second.port)  # connections to it live on, and may only read
            else:
                proxy.cut()
        wait_until_drawn_again(controls)
        assert not any("Traceback" in line for line in log_of(service))
        # Back again, so that the next test finds things as this one did.
        with connect(f"redis://127.0.0.1:{old}/0", patient=True) as first:
            first.replicaof("NO", "ONE")
        proxy.target = old
        proxy.cut()
        wait_until_drawn_again(controls)
    finally:
        second.stop()
