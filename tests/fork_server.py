"""Processes of our programs, forked from an interpreter that has imported what they import.

A start of `python -m worker` is three seconds of importing, and the tests start some hundred programs. `Forked`
gives the process that a start would give, from imports that were made once: the module runs as `__main__`, with its
own arguments, environment, folder and streams, and ends as an interpreter ends. What imports do is tested
elsewhere: by the service that most of tests/e2e share, whose programs start from nothing, and by tests that import
each package alone.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from playground.testing import PlaygroundProcess

ROOT: Final = Path(__file__).parents[1]

IMPORTED: Final = {
    "bot": ("bot.client", "bot.observability.probes", "uvloop"),
    "playground": ("playground.server",),
    "worker": ("worker.program",),
    "training": ("models.cli.train", "models.training.train", "torch._dynamo"),  # the last by any optimizer
}
"""What each server imports. They are apart: a bot has no torch, and no worker's metrics."""

_servers: dict[str, socket.socket] = {}


class Forked:
    """A process as `python -m MODULE ARGUMENTS`; the part of subprocess.Popen that tests of programs use.

    `like` names the server whose imports it gets. `stdout` and `stderr` may be files or subprocess.PIPE, and are
    inherited otherwise; `stdin` may be a file, and has nothing to read otherwise.
    """

    def __init__(
        self,
        like: str,
        command: tuple[str, ...],
        *,
        env: Mapping[str, str],
        cwd: Path = ROOT,
        stdin: IO[Any] | int | None = None,
        stdout: IO[Any] | int | None = None,
        stderr: IO[Any] | int | None = None,
    ) -> None:
        self.args = command
        self.returncode: int | None = None
        self.stdout, out = _stream(stdout, 1)
        self.stderr, err = _stream(stderr, 2)
        self._status, status = os.pipe()
        request = json.dumps({"command": command, "env": dict(env), "cwd": str(cwd)}).encode()
        server = _servers.get(like) or _start_server(like)
        with Path(os.devnull).open("rb") as nothing:
            _, given = _stream(nothing if stdin is None else stdin, 0)
            socket.send_fds(server, [len(request).to_bytes(4, "big")], [given, out, err, status])
        server.sendall(request)
        os.close(status)
        for kept, given in ((self.stdout, out), (self.stderr, err)):
            if kept is not None:
                os.close(given)
        self.pid = self._told()
        self._reading = threading.Lock()  # the chaos run looks at a worker from two threads

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # since then
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            ended = select.poll()  # one a call: two threads may not use the same at once
            ended.register(self._status)
            if ended.poll(None if timeout is None else timeout * 1000):
                with self._reading:
                    if self.returncode is None:
                        self.returncode = self._told()
                        os.close(self._status)
        return self.returncode

    def _told(self) -> int:
        """The next number from the server: the process's id, then its exit code."""
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self._status, 1)
            if not part:
                raise RuntimeError("the server of forked processes has ended")
            line += part
        return int(line)


def forked(module: str, environment: Mapping[str, str], folder: Path, log: IO[bytes]) -> Forked:
    """Start a program of a `devstack.stack.Stack`."""
    like = module if module in IMPORTED else "worker"
    return Forked(like, (module,), env=environment, cwd=folder, stdout=log, stderr=log)


def forked_playground() -> PlaygroundProcess:
    """A playground for the length of a with block."""
    return PlaygroundProcess(
        start=lambda command: Forked("playground", tuple(command), env=os.environ, stdout=subprocess.PIPE)
    )


def _stream(wanted: IO[Any] | int | None, inherited: int) -> tuple[IO[bytes] | None, int]:
    """Our end of a pipe, if one is wanted, and the process's stream."""
    if wanted == subprocess.PIPE:
        ours, theirs = os.pipe()
        return os.fdopen(ours, "rb"), theirs
    if wanted is None:
        return None, inherited
    return None, wanted if isinstance(wanted, int) else wanted.fileno()


def _start_server(like: str) -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno()), *IMPORTED[like]]
        process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
        )
    _servers[like] = ours

    def end() -> None:  # the server ends when nobody can ask it any more
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(control: socket.socket) -> str | None:
    """Fork whenever asked. Returns in each child the module to run, and in the server None at its end."""
    alive: dict[int, int] = {}  # where the end of each is told
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    gc.freeze()
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(alive)
        if control.fileno() not in ready:
            continue
        size, fds, _, _ = socket.recv_fds(control, 4, 4)
        if not size:
            return None
        request = json.loads(_exactly(control, int.from_bytes(size, "big")))
        *streams, status = fds
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, fd in enumerate(streams):
                os.dup2(fd, number)
            control.close()
            for fd in (*fds, woken, wake, *alive.values()):
                os.close(fd)
            os.environ.clear()
            os.environ.update(request["env"])
            os.chdir(request["cwd"])
            paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
            sys.argv[:], sys.path[:1] = request["command"], [request["cwd"], *paths]
            return str(request["command"][0])
        for fd in streams:
            os.close(fd)
        alive[pid] = status
        os.write(status, b"%d\n" % pid)


def _reap(alive: dict[int, int]) -> None:
    """Tell the ends of those that have ended."""
    for pid in list(alive):
        done, state = os.waitpid(pid, os.WNOHANG)
        if done:
            status = alive.pop(pid)
            os.write(status, b"%d\n" % os.waitstatus_to_exitcode(state))
            os.close(status)


def _exactly(control: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        parts += control.recv(size - len(parts))
    return parts


if __name__ == "__main__":
    for name in sys.argv[2:]:
        importlib.import_module(name)
    module = _serve(socket.socket(fileno=int(sys.argv[1])))
    if module is not None:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
