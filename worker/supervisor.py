"""`python -m worker --count N`: N worker processes, each started again when it ends before its time.

RQ's own WorkerPool is not used: it forks its workers, runs RQ's loop in them (which ends on a lost Redis), and
starts dead ones again at once and for ever. Here each child is the program `python -m worker` itself, with a
clean start, so CUDA may be used, and with everything that program promises.

A child that ends is started again after a pause that grows with each early death. Each holds the end of a pipe
whose other end only this process has, so they finish their jobs and end when it dies, however it dies.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType
from typing import Final

from glyphcord.escaping import say_error
from glyphcord.exit_codes import NEVER_AGAIN, UNUSABLE
from jobs.observability import logs
from jobs.setting_errors import UnusableSettings, read_settings
from jobs.setting_names import misspelt
from jobs.undumpable import make_undumpable
from worker.queue.redis_outage import back_off_s
from worker.settings import WorkerSettings

_log = logging.getLogger("worker.supervisor")

STEADY_S: Final = 60.0
"""A child that lived so long was well: its death counts as its first."""
_TICK_S: Final = 0.2


@dataclass
class _Child:
    """One place of N: the process in it, if any. Times on time.monotonic()'s clock."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    starts: int = 0
    failures: int = 0


class Supervisor:
    """Keeps `count` children of `python -m module` running, with `environment` as theirs."""

    def __init__(self, count: int, environment: dict[str, str], module: str = "worker") -> None:
        self._children = [_Child(number) for number in range(1, count + 1)]
        self._environment = environment
        self._module = module
        # The writing end is this process's alone; its closing, at this process's end, is the message.
        self._lifeline, self._kept_open = os.pipe()
        self._signals = 0
        self._stopping = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT, which is passed on; each child then finishes its job in hand.

        The exit code: 0, or the child's, when one refused its settings or weights at its very first start.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        code = passed_on = 0
        while True:
            for child in self._children:
                if child.process is None:
                    if not self._stopping and not self._signals and time.monotonic() >= child.start_at:
                        self._start(child)
                elif (ended := child.process.poll()) is not None:
                    child.process = None
                    if self._refused(child, ended):
                        code, self._stopping = ended, True
                        self._tell_all()
            if passed_on < self._signals:
                passed_on, self._stopping = self._signals, True
                self._tell_all()
            if self._stopping and not any(child.process for child in self._children):
                return code
            time.sleep(_TICK_S)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _tell_all(self) -> None:
        for child in self._children:
            if child.process is not None:
                child.process.terminate()

    def _start(self, child: _Child) -> None:
        command = [
            sys.executable,
            "-m",
            self._module,
            "--child",
            str(child.number),
            "--lifeline",
            str(self._lifeline),
        ]
        # A process group of its own: a terminal's Ctrl-C reaches this process alone, which passes it on.
        child.process = subprocess.Popen(  # noqa: S603 our own command
            command, env=self._environment, stdin=subprocess.DEVNULL, pass_fds=[self._lifeline], process_group=0
        )
        child.started_at = time.monotonic()
        child.starts += 1
        _log.info("child started child=%d pid=%d starts=%d", child.number, child.process.pid, child.starts)

    def _refused(self, child: _Child, code: int) -> bool:
        """Note a child's end and when to start the next; True where starting it again is of no use."""
        lived = time.monotonic() - child.started_at
        if self._stopping or self._signals:
            _log.info("child ended child=%d code=%d", child.number, code)
            return False
        if code in NEVER_AGAIN and child.starts == 1 and lived < STEADY_S:
            return True
        child.failures = 1 if lived >= STEADY_S else child.failures + 1
        wait = back_off_s(child.failures)
        child.start_at = time.monotonic() + wait
        _log.warning(
            "child ended child=%d code=%d lived_s=%.1f; starting another in %.1f s", child.number, code, lived, wait
        )
        return False


def supervise(count: int, module: str = "worker") -> int:
    """Run a Supervisor with this process's settings; the exit code."""
    make_undumpable()
    try:
        settings = read_settings(WorkerSettings)
    except UnusableSettings as error:
        say_error(f"worker: {error}")
        return UNUSABLE
    logs.set_up("worker", settings.discord_token.get_secret_value(), settings.log_level, settings.log_format)
    for complaint in misspelt():
        _log.warning("%s", complaint)
    environment = dict(os.environ)
    # Each worker would otherwise take all cores, for its network and for NumPy.
    threads = settings.torch_threads or max(1, (os.cpu_count() or 1) // count)
    environment["TORCH_THREADS"] = str(threads)
    environment.setdefault("OMP_NUM_THREADS", str(threads))
    _log.info("supervisor ready pid=%d count=%d", os.getpid(), count)
    code = Supervisor(count, environment, module).run()
    _log.info("supervisor stopped code=%d", code)
    return code
