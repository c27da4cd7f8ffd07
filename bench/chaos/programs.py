"""Bots and workers as the chaos run starts them: each behind a connection of its own, some with a wrong clock."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from bench.chaos.wrong_clock import MODULE, with_wrong_clock
from devstack.proxy import Proxy
from devstack.stack import Start
from playground.testing.process import Running


class Programs:
    """What a Stack starts its processes with. Each reaches Redis through a proxy that can be stalled alone."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._links: dict[int, Proxy] = {}
        self._ahead_s = {"bot": 0.0, "worker": 0.0}

    def start(self, module: str, environment: Mapping[str, str], folder: Path, log: IO[bytes]) -> Running:
        """Start one, as devstack.stack.Start says."""
        link = Proxy(urlsplit(environment["REDIS_URL"]).port or 0)
        link.start()
        changed = {**environment, "REDIS_URL": f"redis://127.0.0.1:{link.port}/0"}
        if ahead_s := self._ahead_s[module]:
            changed |= with_wrong_clock(module, ahead_s)
            module = MODULE
        process = self._start(module, changed, folder, log)
        self._links[process.pid] = link
        return process

    @contextmanager
    def clock_ahead(self, program: str, ahead_s: float) -> Iterator[None]:
        """While this lasts, that program is started with a clock so many seconds ahead."""
        self._ahead_s[program] = ahead_s
        try:
            yield
        finally:
            self._ahead_s[program] = 0.0

    def link(self, process: Running) -> Proxy:
        """A running process's connection to Redis."""
        return self._links[process.pid]

    def ended(self, process: Running) -> None:
        """A process has ended: close its connection."""
        self._links.pop(process.pid).stop()

    def close(self) -> None:
        """Close every connection."""
        for link in self._links.values():
            link.stop()
