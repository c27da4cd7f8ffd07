"""Real worker processes for tests: start, read the log, signal, and leave none behind."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from rq import Retry
from rq.job import Job

from jobs.lifecycle.job import Jobs
from jobs.rq_adapter.queue import render_queue
from tests.fork_server import Forked
from tests.worker.samples import BOT_TOKEN, INTERACTION_TOKEN, request_for

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 120.0
"""Longer than anything takes on the slowest machine; only a fault makes a test wait so long."""


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait until something holds; fails by name after a time that only a fault takes."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for: {what}"
        time.sleep(0.05)


def running(pid: int) -> bool:
    """Whether there is a process of this id that has not ended: in some containers nobody asks how orphans did."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except ProcessLookupError:
        return False
    except OSError:  # no /proc here
        return True


class WorkerProcess:
    """`python -m <command>` in an empty folder, its output in a file."""

    def __init__(self, folder: Path, command: Sequence[str], environment: dict[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        self.log_path = folder / "worker.log"
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        fixed = {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
        with self.log_path.open("w") as log:
            env = inherited | fixed | environment
            self.process = Forked("worker", tuple(command), env=env, cwd=folder, stdout=log, stderr=log)

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def wait_for(self, text: str, seconds: float = PATIENCE_S, times: int = 1) -> None:
        """Until the log has the text so many times; fails at once when the process ends first."""

        def there() -> bool:
            return self.log.count(text) >= times

        until(lambda: there() or self.process.poll() is not None, f"{text!r} in {self.log_path}", seconds)
        assert there(), self.log

    def end(self, number: int = signal.SIGTERM, seconds: float = PATIENCE_S) -> int:
        """Send a signal and return the exit code (negative for a signal)."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """And all that it started: a supervisor's children would finish their work, and that of the next test."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pid in re.findall(r"child started child=\d+ pid=(\d+)", self.log):
            _kill_child(int(pid))


def _kill_child(pid: int) -> None:
    with suppress(OSError):  # it has ended
        if b"--child" in Path(f"/proc/{pid}/cmdline").read_bytes():  # no other that has its number since
            os.kill(pid, signal.SIGKILL)
            until(lambda: not running(pid), f"an end of {pid}")


Start = Callable[..., WorkerProcess]


@contextmanager
def workers(folder: Path, redis_url: str, api: str, weights: Path) -> Iterator[Start]:
    """Starts workers; none outlives the block, and no log of any holds a secret."""
    started: list[WorkerProcess] = []

    def begin(*command: str, **changes: str) -> WorkerProcess:
        environment = {
            "DISCORD_TOKEN": BOT_TOKEN,
            "DISCORD_API_BASE": api,
            "REDIS_URL": redis_url,
            "WEIGHTS_DIR": str(weights),
            "MODEL_WEIGHTS": "tiny",
            "DEVICE": "cpu",
            "TORCH_THREADS": "1",
        }
        worker = WorkerProcess(folder / f"worker{len(started)}", command or ["worker"], environment | changes)
        started.append(worker)
        return worker

    try:
        yield begin
    finally:
        for worker in started:
            worker.kill()
    for worker in started:
        assert INTERACTION_TOKEN not in worker.log
        assert BOT_TOKEN not in worker.log


def ended(jobs: Jobs, job_id: str = "1000", seconds: float = PATIENCE_S) -> str:
    """How a job ended, once it has."""
    until(lambda: jobs.result_of(job_id), f"job {job_id}", seconds)
    result = jobs.result_of(job_id)
    assert result is not None
    return f"{result.outcome} {result.code}".strip()


def enqueue_task(redis: Redis, name: str, sha: str, timeout: int = 30, job_id: str = "1000") -> Job:
    """A job with a task of `nervous`, otherwise enqueued as `jobs.rq_adapter.queue` does."""
    return render_queue(redis).enqueue(
        f"tests.worker.nervous.{name}",
        request_for(sha, job_id=job_id).model_dump(mode="json"),
        job_id=job_id,
        retry=Retry(max=2),
        job_timeout=timeout,
    )
