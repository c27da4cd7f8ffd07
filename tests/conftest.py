"""Fixtures for every folder: one real Valkey for the session, emptied for each test that asks for it.

`make test` runs several of pytest's processes side by side (pytest-xdist); each has a Valkey of its own.
"""

from collections.abc import Iterator

import pytest
from redis import Redis

from devstack.valkey import start_valkey
from jobs.connection import connect
from jobs.text.catalogues import compile_catalogues


def pytest_configure(config: pytest.Config) -> None:
    compile_catalogues()  # one that was changed since the environment was made takes effect
    config.addinivalue_line("markers", "slow: takes more than 20 seconds; begins among the first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a module's or a package's tests share is started once: they go to one process of xdist's.

    Others go wherever there is room, the slow ones first: the last to begin should be quick.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        if (group := _shared_by(item)) is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def _shared_by(item: pytest.Item) -> str | None:
    """The folder or file whose tests share a fixture that this one uses."""
    used = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    scopes = {definitions[-1].scope for definitions in used.values()}
    if "package" in scopes:
        return str(item.path.parent)
    return str(item.path) if "module" in scopes else None


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Valkey server that runs for the whole session."""
    server = start_valkey(config={"maxmemory-policy": "noeviction"})
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The same address, with the server emptied first."""
    with connect(redis_server) as redis:
        redis.flushall()
    return redis_server


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the emptied server."""
    with connect(redis_url) as client:
        yield client
