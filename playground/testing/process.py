"""The playground as a process."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from playground.state.seed import TOKEN
from playground.testing.client import Controls


def settings(url: str, token: str) -> dict[str, str]:
    """The settings, as environment variables, that point a bot and its workers to the playground at an address."""
    return {
        "DISCORD_TOKEN": token,
        "DISCORD_API_BASE": f"{url}/api/v10",
        "DISCORD_GATEWAY_URL": url.replace("http", "ws", 1) + "/gateway",
        "DISCORD_CDN_HOSTS": url,
    }


class Running(Protocol):
    """What is needed of a process that was started; a `subprocess.Popen[bytes]` has it."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def start_module(command: Sequence[str]) -> Running:
    """`python -m` with a module and its arguments, and a pipe from its standard output."""
    return subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE)  # noqa: S603


class PlaygroundProcess:
    """`python -m playground` for the length of a with block. `url` and `controls` are set inside it.

    `start` starts it, as `start_module` does.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        record: Path | None = None,
        start: Callable[[Sequence[str]], Running] = start_module,
    ) -> None:
        self.token = token
        self._start = start
        self._command = ["playground", "--port", str(port), "--token", token]
        if record is not None:
            self._command += ["--record", str(record)]
        self.process: Running | None = None
        self.url = ""
        self._password: str | None = None

    @property
    def controls(self) -> Controls:
        return Controls(self.url, password=self._password)

    def environment(self) -> dict[str, str]:
        """The settings that point a bot and its workers here."""
        return settings(self.url, self.token)

    def __enter__(self) -> "PlaygroundProcess":
        self._password = os.environ.get("PLAYGROUND_PASSWORD") or None  # which the process inherits
        self.process = self._start(self._command)
        assert self.process.stdout is not None  # noqa: S101
        first = self.process.stdout.readline().decode()
        if not first.startswith("playground: "):
            self.__exit__(None, None, None)
            raise RuntimeError(f"the playground did not start; it said {first!r}")
        self.url = first.removeprefix("playground: ").strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
