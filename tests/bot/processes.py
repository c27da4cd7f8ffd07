"""The bot as a process, for tests that need the whole program; and what a worker would do to Discord."""

import contextlib
import io
import json
import os
import signal
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from discord.utils import time_snowflake
from PIL import Image
from redis import Redis

from bot.settings import BotSettings
from jobs.lifecycle.job import Jobs
from jobs.rq_adapter.queue import render_queue
from jobs.schema import RenderRequest, RenderResult
from playground.testing import Controls, PlaygroundProcess
from playground.testing.client import PATIENCE_S
from tests.fork_server import Forked

ROOT = Path(__file__).parents[2]
_AN_HOUR: Final = 3_600_000 << 22
"""As a difference of snowflakes, which begin with milliseconds."""
HASTY: Final = "?"
"""After a Redis's address: no options there, so that the bot waits for it as long as it does."""
_begun = [0]
"""The snowflake at which the test in hand began."""


class BotProcess:
    """The bot against a playground and a Redis, for the length of a with block; its log is in `log`.

    It waits longer for Redis than a bot does, unless the address says otherwise, as with HASTY: a machine that is
    busy with other tests keeps even a Valkey silent for seconds, and few tests are about that.
    """

    def __init__(
        self, playground: PlaygroundProcess, redis_url: str, folder: Path, *, module: str = "bot", **env: str
    ) -> None:
        if "?" not in redis_url:
            redis_url += "?socket_timeout=30&socket_connect_timeout=30"
        inherited = {key: value for key, value in os.environ.items() if key.lower() not in BotSettings.model_fields}
        ours = {"DISCORD_CDN_HOSTS": playground.url, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}
        free = {"USER_IN_FLIGHT": "0", "USER_DAILY": "0"}  # whoever tests the limits sets them
        self._env = inherited | playground.environment() | ours | free | env
        self._module = module
        self._folder = folder
        self._file = folder / "bot.log"
        self._controls = playground.controls
        self.process: Forked | None = None

    def launch(self) -> Self:
        """Start and do not wait."""
        with self._file.open("ab") as log:
            self.process = Forked("bot", (self._module,), env=self._env, cwd=self._folder, stdout=log, stderr=log)
        return self

    def start(self) -> Self:
        """Start, and wait until it is connected; its commands are registered before that."""
        others = self._controls.state()["sessions"]
        self.launch()
        self._controls.wait_for(lambda: self._controls.state()["sessions"] > others or not self.running())
        assert self.running(), self.log
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> str:
        return self._file.read_text() if self._file.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.running():
            self.process.kill()
            self.process.wait()


def a_png(width: int = 64, height: int = 48) -> tuple[str, bytes, str]:
    """A small real picture, as an upload."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(buffer, "PNG")
    return "cat.png", buffer.getvalue(), "image/png"


def begin_test(now: float) -> None:
    """From now on, in Unix seconds of the playground's clock, `queued` leaves out what was asked for before.

    The bot of a module outlives a test, and Redis is emptied under it: what was on its way comes late, and a
    reaction that it has read is answered again.
    """
    _begun[0] = time_snowflake(datetime.fromtimestamp(now, UTC))


def queued(redis: Redis) -> list[RenderRequest]:
    """What is on the queue, in order; of a job whose end is known the arguments are gone."""
    jobs = [job for job in render_queue(redis).jobs if job.args and not _is_of_an_earlier_test(job.id)]
    return [RenderRequest.model_validate(job.args[0]) for job in jobs]


def _is_of_an_earlier_test(job_id: str) -> bool:
    """By the time in its number, an interaction's or a message's; those that a test makes up are older."""
    number = job_id.partition("-")[0]
    return number.isdigit() and _begun[0] - _AN_HOUR < int(number) < _begun[0]


def only(discord: Controls, redis: Redis) -> RenderRequest:
    """The one request on the queue, once it is there."""
    (request,) = discord.wait_for(lambda: queued(redis))
    return request


def stored(redis: Redis, request: RenderRequest) -> bytes:
    """The bytes of a request's first picture."""
    data = redis.get(f"glyphcord:picture:{request.shas[0]}")
    assert isinstance(data, bytes)
    return data


def draw(playground: PlaygroundProcess, redis: Redis, request: RenderRequest) -> None:
    """Do what a worker does at the end of a job: fill the message, then record how the job ended."""
    reply = request.reply
    path = f"/webhooks/{reply.application_id}/{reply.token}/messages/@original"
    call(playground, "PATCH", path, {"content": "the picture"})
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="posted", palette=request.options.palette))


def call(playground: PlaygroundProcess, method: str, path: str, body: dict[str, Any]) -> None:
    """One REST call with the bot's token."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bot {playground.token}"}
    url, data = f"{playground.url}/api/v10{path}", json.dumps(body).encode()
    with contextlib.closing(
        urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30)
    ):
        pass
