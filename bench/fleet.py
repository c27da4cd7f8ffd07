"""Workers on an embedded Valkey, posting to `bench.sink`: what the benchmarks of the worker start and feed."""

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from PIL import Image
from redis import Redis

from devstack.valkey import start_valkey
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from jobs.rq_adapter.queue import enqueue
from jobs.schema import Picture, RenderRequest, RenderResult, Reply
from models.options import RenderOptions

SAMPLES: Final = Path(__file__).parents[1] / "docs" / "samples"
SIDE: Final = 1280
"""The samples are photos of several megapixels; people send what their phones and browsers made smaller."""
TICKS: Final = os.sysconf("SC_CLK_TCK")
START_S: Final = 120.0
REST_S: Final = 1.5
"""Longer than the server keeps a blocking pop open: after it no job can be handed to a worker that sleeps."""


def photos() -> list[bytes]:
    """The sample photos as JPEG files of SIDE px, as they come from a phone's sharing menu."""
    files = []
    for path in sorted(SAMPLES.glob("*.jpg")):
        stream = io.BytesIO()
        with Image.open(path) as image:
            image.thumbnail((SIDE, SIDE))
            image.convert("RGB").save(stream, "JPEG", quality=88)
        files.append(stream.getvalue())
    return files


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process and its children have used (Linux)."""
    total = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(folder.name), int(fields[1])):
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def request(number: int, picture: str, columns: int) -> RenderRequest:
    """The `number`-th request, from one of fifty servers."""
    now, job_id = time.time(), str(10**17 + number)
    reply = Reply(
        application_id="10",
        channel_id="20",
        message_id=job_id,
        token="interaction-token",
        token_expires_at=now + 900,
    )
    return RenderRequest(
        job_id=job_id,
        origin="command",
        pictures=(Picture(sha=picture),),
        options=RenderOptions(columns=columns),
        user_id=str(40 + number % 200),
        guild_id=str(1 + number % 50),
        reply=reply,
        upload_limit=10 * 2**20,
        created_at=now,
        deadline_at=now + 3600,
    )


class Fleet:
    """A context manager: Valkey, the sink and as many workers as are started, each drawing with one thread.

    `settings` are theirs besides what they need here; `program` is how Python starts them.
    """

    def __init__(
        self,
        *,
        columns: int = 64,
        settings: dict[str, str] | None = None,
        program: Sequence[str] = ("-m", "worker"),
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="glyphcord-bench-")
        self._columns, self._settings, self._program = columns, settings or {}, program
        self._number = 0
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Fleet":
        self.valkey = start_valkey(folder=Path(self._folder.name) / "valkey")
        self.redis_url = f"redis://127.0.0.1:{self.valkey.port}/0"
        self.redis: Redis = connect(self.redis_url, patient=True)
        self.pictures = PictureStore(self.redis, 7 * 24 * 3600, 512 * 2**20)
        self.hashes = [self.pictures.put(data) for data in photos()]
        self._sink = subprocess.Popen([sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE, text=True)
        assert self._sink.stdout is not None
        self._api = self._sink.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self.workers:
            worker.wait(60)
        self._sink.terminate()
        self._sink.wait(60)
        self.redis.close()
        self.valkey.stop()
        self._folder.cleanup()

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more worker, ready to draw."""
        environment = (
            os.environ
            | {
                "DISCORD_TOKEN": "bot.secret.token",
                "DISCORD_API_BASE": self._api,
                "REDIS_URL": self.redis_url,
                "DEVICE": "cpu",
                "TORCH_THREADS": "1",
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": str(SAMPLES.parents[1]),
            }
            | self._settings
        )
        log = Path(self._folder.name) / f"worker-{len(self.workers)}.log"
        with log.open("wb") as output:
            worker = subprocess.Popen(
                [sys.executable, *self._program],
                cwd=self._folder.name,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(worker)
        until = time.monotonic() + START_S
        while b"worker ready" not in log.read_bytes():
            if worker.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the worker does not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        return worker

    def pause(self, worker: subprocess.Popen[bytes]) -> None:
        """Let an idle worker do nothing at all until `go_on`."""
        worker.send_signal(signal.SIGSTOP)
        time.sleep(REST_S)

    def go_on(self, worker: subprocess.Popen[bytes]) -> None:
        """As it was before."""
        worker.send_signal(signal.SIGCONT)

    def enqueue(self, jobs: int) -> list[str]:
        """That many jobs on the queue; their ids."""
        ids = []
        for _ in range(jobs):
            asked = request(self._number, self.hashes[self._number % len(self.hashes)], self._columns)
            self._number += 1
            assert enqueue(self.redis, asked)
            ids.append(asked.job_id)
        return ids

    def results(self, ids: Sequence[str], timeout_s: float = 600.0) -> list[RenderResult]:
        """As `ended`, asking rarely enough to disturb nothing."""
        return ended(Jobs(self.redis), ids, timeout_s, every_s=0.2)


def ended(jobs: Jobs, ids: Sequence[str], timeout_s: float = 600.0, every_s: float = 0.02) -> list[RenderResult]:
    """How the jobs ended, the first to end first. Raises TimeoutError, and RuntimeError unless all were posted."""
    until = time.monotonic() + timeout_s
    while len(jobs.ended(list(ids))) < len(ids):
        if time.monotonic() > until:
            raise TimeoutError(f"{len(ids)} jobs are not done after {timeout_s:.0f} s")
        time.sleep(every_s)
    found = [result for job_id in ids if (result := jobs.result_of(job_id)) is not None]
    if bad := [result for result in found if result.outcome != "posted"]:
        raise RuntimeError(f"{len(bad)} jobs were not posted, such as {bad[0]}")
    return sorted(found, key=lambda result: result.finished_at)


def rate(results: Sequence[RenderResult], skip: int = 3) -> float:
    """Jobs a second between the end of the first `skip` jobs and the last one's."""
    return (len(results) - skip) / (results[-1].finished_at - results[skip - 1].finished_at)
