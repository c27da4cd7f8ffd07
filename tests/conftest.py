"""Fixtures for every folder: one real Valkey for the session, emptied for each test that asks for it."""

from collections.abc import Iterator

import pytest
from redis import Redis

from devstack.valkey import start_valkey
from jobs.connection import connect


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
