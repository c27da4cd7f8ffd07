"""Real worker processes for tests: start, read the log, signal, and leave none behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def until(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until something holds; fails by name after a time that only a fault takes."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for: {what}"
        time.sleep(0.05)


class WorkerProcess:
    """`python -m <module>` in an empty folder, its output in a file."""

    def __init__(self, folder: Path, module: str, environment: dict[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        self.log_path = folder / "worker.log"
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        fixed = {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module], cwd=folder, stdout=log, stderr=subprocess.STDOUT,
                env=inherited | fixed | environment,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def wait_for(self, text: str, seconds: float = 60, times: int = 1) -> None:
        """Until the log has the text so many times; fails at once when the process ends first."""

        def there() -> bool:
            return self.log.count(text) >= times

        until(lambda: there() or self.process.poll() is not None, f"{text!r} in {self.log_path}", seconds)
        assert there(), self.log

    def end(self, number: int = signal.SIGTERM, seconds: float = 60) -> int:
        """Send a signal and return the exit code (negative for a signal)."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
