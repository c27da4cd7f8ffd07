"""Fixtures for every folder: one real Valkey for the session, emptied for each test that asks for it.

`make test` runs several of pytest's processes side by side (pytest-xdist); each has a Valkey of its own.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from redis import Redis

from devstack import valkey
from jobs import clock
from jobs.connection import connect
from jobs.text.catalogues import compile_catalogues

# Small networks gain nothing from threads, and lose a great deal where other tests have the cores.
os.environ["OMP_NUM_THREADS"] = "1"
# The tests start some hundred processes, and a quarter of a start is compiling what was compiled before.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False  # nor are the tests' own modules, rewritten by pytest, compiled by every process

if "PYTEST_XDIST_WORKER" not in os.environ:
    # The graphs that processors draw with are made once for all the tests' processes, and of this code.
    _kept = tempfile.TemporaryDirectory(prefix="glyphcord-tests-cache-")
    os.environ["XDG_CACHE_HOME"] = _kept.name
    os.environ.pop("CACHE_DIRECTORY", None)


def pytest_configure(config: pytest.Config) -> None:
    compile_catalogues()  # one that was changed since the environment was made takes effect
    # A machine that is busy with other tests is slow, not wrong.
    settings.register_profile("tests", settings.default, deadline=None)
    settings.load_profile("tests")
    valkey.PORTS = _part_of(valkey.PORTS)
    config.addinivalue_line("markers", "slow: takes more than 20 seconds; begins among the first")


def _part_of(ports: tuple[int, int]) -> tuple[int, int]:
    """Those of this process of xdist's: another could listen on a port that it has chosen and does not use yet."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    number %= count  # that of a process which replaces another is higher
    width = (ports[1] - ports[0]) // count
    return ports[0] + number * width, ports[0] + (number + 1) * width


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A short name where a test is given a long text or file: pytest-xdist sends each name many times."""
    return f"{argname} of {len(val)}" if isinstance(val, (str, bytes)) and len(val) > 100 else None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a module's or a package's tests share is started once: they go to one process of xdist's.

    Others go wherever there is room. The slow ones begin first, and then the groups: what is left for the end,
    when not every process has something to do, is single and quick.
    """
    for item in items:
        if (group := _shared_by(item)) is not None:
            item.add_marker(pytest.mark.xdist_group(str(group.relative_to(item.config.rootpath))))
    items.sort(key=_late)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without the groups every process would start everything, and nobody would know why it takes so long."""
    # What is loaded by now stays: else every collection of garbage looks through it again.
    gc.collect()
    gc.freeze()
    if session.config.getoption("loadgroup", False):  # this is one of xdist's processes
        grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
        assert all("@" in item.nodeid for item in grouped), "this pytest and this pytest-xdist do not fit together"


def _late(item: pytest.Item) -> tuple[bool, bool]:
    return item.get_closest_marker("slow") is None, item.get_closest_marker("xdist_group") is None


def _shared_by(item: pytest.Item) -> Path | None:
    """The folder or file whose tests share a fixture that this one uses."""
    used = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    scopes = {definitions[-1].scope for definitions in used.values()}
    if "package" in scopes:
        return item.path.parent
    return item.path if "module" in scopes else None


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    """A test that lets its process follow a Redis's clock leaves no other a time that cannot be set."""
    yield
    clock._Clock.offset = None


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Valkey server that runs for the whole session."""
    server = valkey.start_valkey(config={"maxmemory-policy": "noeviction"})
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The same address, with the server emptied first."""
    with connect(redis_server, patient=True) as redis:
        redis.flushall()
    return redis_server


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the emptied server; patient, for a busy machine keeps even a Valkey waiting for seconds."""
    with connect(redis_url, patient=True) as client:
        yield client
