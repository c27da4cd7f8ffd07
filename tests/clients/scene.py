"""One client's bot on a playground of its own, for what is tried on it."""

import asyncio
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from playground.server import Playground
from playground.state.seed import ASCII_CHANNEL, BOT_ID, TOKEN
from playground.testing import Controls
from tests.clients.environments import Client, command

T = TypeVar("T")
PATIENCE_S = 60.0
COMMANDS = {"draw", "fetch", "members", "whisper", "report", "Greet", "Quote"}
ACKNOWLEDGED_WITHIN_S = 3.0
"""An interaction that is not answered by then has failed."""
HEARTBEAT_S = 5.0
"""So that every client has sent one before its latency is asked for."""


class Failed(Exception):
    """What the bot was to do did not happen."""


class Scene:
    """The playground, its controls, and the bot's process."""

    def __init__(self, client: Client, playground: Playground, log: Path) -> None:
        self.client = client
        self.log = log
        self.playground = playground
        self.controls = Controls(playground.url)
        self.written = ""
        """The id of a message that somebody wrote before the bot came."""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start the bot, and wait until it has registered its commands and says that it is ready."""
        arguments, needed = command(self.client)
        needed |= {"PLAYGROUND_URL": self.playground.url, "TOKEN": TOKEN, "PYTHONUNBUFFERED": "1", **environment}
        with self.log.open("ab") as log:
            # A group of its own: where node comes from a wheel, it is the child of a script.
            self.process = subprocess.Popen(
                arguments, stdout=log, stderr=log, env={**os.environ, **needed}, start_new_session=True
            )
        shards, commands = int(environment.get("SHARDS", "1")), self.playground.world.commands
        self.wait(
            lambda: (
                self.playground.gateway.connected() == shards
                and {command["name"] for command in commands.all(None)} == COMMANDS
            )
        )
        self.wait(lambda: "ready" in self.report()["seen"])

    def stop(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            self.wait(lambda: not self.playground.gateway.connected())

    def wait(self, condition: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
        """Until the condition is met. Raises Failed when the bot has ended, or nothing came of it."""
        ends = time.monotonic() + patience_s
        while not (found := condition()):
            if self.process is not None and self.process.poll() is not None:
                raise Failed(f"the bot ended with {self.process.returncode}")
            if time.monotonic() > ends:
                raise Failed(f"nothing came of it in {patience_s:.0f} s")
            time.sleep(0.02)
        return found

    def report(self) -> dict[str, Any]:
        """What the bot says that it saw: nothing, where it does not answer, as some libraries while they start."""
        try:
            answer = self.answer(self.controls.slash("report"), ACKNOWLEDGED_WITHIN_S)
        except Failed:
            return {"seen": [], "latency_ms": 0}
        return dict(json.loads(answer["content"]))

    def answer(self, used: Mapping[str, str], patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The message that answers an interaction, once it no longer thinks."""

        def settled() -> dict[str, Any] | None:
            found = self.controls.answer_to(dict(used))
            return found if found is not None and not found["loading"] else None

        return self.wait(settled, patience_s)

    def said(self, content: str, channel: str = ASCII_CHANNEL) -> dict[str, Any]:
        """The message of the bot's that says this in a channel."""

        def there() -> dict[str, Any] | None:
            ours = [m for m in self.controls.messages(channel) if m["author"]["id"] == BOT_ID]
            return next((message for message in reversed(ours) if message["content"] == content), None)

        return self.wait(there)


@contextmanager
def scene(client: Client, log: Path) -> Iterator[Scene]:
    """A playground in a thread of its own, for the length of a with block. What the bot writes goes to the log."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    playground = Playground(heartbeat_interval_s=HEARTBEAT_S)
    asyncio.run_coroutine_threadsafe(playground.__aenter__(), loop).result()
    found = Scene(client, playground, log)
    try:
        yield found
    finally:
        found.stop()
        asyncio.run_coroutine_threadsafe(playground.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
