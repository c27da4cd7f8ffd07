"""A pytest fixture for bot authors: `playground` is a Discord of its own for a test, with people in it.

In conftest.py: pytest_plugins = ["playground.pytest_plugin"]. Then start the bot with what
`playground.environment()` says, and

    answer = playground.slash("echo", text="hello")
    assert answer.content == "hello"
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.rules.components import walk
from playground.testing import (
    ADA_ID,
    ASCII_CHANNEL,
    MIA_ID,
    MOD_ID,
    PINK_HEART,
    SAM_ID,
    Controls,
    File,
    PlaygroundProcess,
)
from playground.types import Json

PEOPLE = {"ada": ADA_ID, "mod": MOD_ID, "mia": MIA_ID, "sam": SAM_ID}
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Seen:
    """A message as its reader sees it; `raw` is all of it, as the playground's state has it."""

    raw: Json
    _controls: Controls

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def content(self) -> str:
        return str(self.raw["content"])

    @property
    def private(self) -> bool:
        """Only the person who asked sees it."""
        return self.raw["ephemeral_to"] is not None

    @property
    def buttons(self) -> list[str]:
        """Labels of its buttons, in order."""
        return [str(c.get("label", "")) for c in walk(self.raw["components"]) if c["type"] == 2]

    def file(self, n: int = 0) -> bytes:
        """The bytes of its nth file. Raises IndexError when it has none."""
        return self._controls.fetch(self.raw["attachments"][n]["url"])


class Scene:
    """People in one channel, and what they see. `person` is ada (admin), mod, mia, sam or an id; waiting ends in
    TimeoutError, a mistake in playground.testing.Refused."""

    def __init__(self, process: PlaygroundProcess) -> None:
        self.process = process
        self.controls = process.controls
        self.url = process.url

    def environment(self) -> dict[str, str]:
        """Settings for the bot's process: DISCORD_TOKEN, DISCORD_API_BASE, DISCORD_GATEWAY_URL, …"""
        return self.process.environment()

    def wait_for_bot(self, timeout: float = TIMEOUT_S) -> None:
        """Until a bot is connected and has registered commands."""
        self.controls.wait_for_bot(timeout)

    def slash(self, command: str, *, person: str = "mia", timeout: float = TIMEOUT_S, **options: object) -> Seen:
        """Use a command and wait for its answer. Options that are a Path or (name, bytes, type) are uploaded."""
        files: dict[str, File] = {k: v for k, v in options.items() if isinstance(v, (Path, tuple))}
        plain = {k: v for k, v in options.items() if k not in files}
        used = self.controls.slash(command, plain, files=files, user=_id(person))
        return self._answer(used, timeout)

    def message(self, content: str = "", *, person: str = "mia", files: dict[str, File] | None = None) -> Seen:
        """Somebody writes."""
        wanted = self.controls.message(content, user=_id(person), files=files)
        return next(message for message in self.messages() if message.id == wanted)

    def react(
        self, message: Seen, emoji: str = PINK_HEART, *, person: str = "mia", timeout: float = TIMEOUT_S
    ) -> Seen:
        """React, and wait for the message that the bot replies with."""
        known = {one.id for one in self.messages()}
        self.controls.react(message.id, emoji, user=_id(person))

        def reply() -> Seen | None:
            return next(
                (
                    one
                    for one in self.messages()
                    if one.id not in known
                    and not one.raw["loading"]
                    and (one.raw.get("message_reference") or {}).get("message_id") == message.id
                ),
                None,
            )

        return self.controls.wait_for(reply, timeout)

    def click(
        self,
        message: Seen,
        button: str,
        *,
        values: list[str] | None = None,
        person: str = "mia",
        timeout: float = TIMEOUT_S,
    ) -> Seen:
        """Press a button by its label or custom_id, or choose `values` in a select menu by its custom_id, and wait
        for what comes of it: a new message, or the same one changed. Raises LookupError when there is none such."""
        every = list(walk(message.raw["components"]))
        found = [c for c in every if button in (c.get("label"), c.get("custom_id"))]
        if not found:
            known = [c.get("label") or c.get("custom_id") for c in every if c.get("custom_id")]
            raise LookupError(f"the message has no {button!r}; it has {known}")
        before = self._edits(message.id)
        used = self.controls.click(message.id, found[0]["custom_id"], values=values, user=_id(person))

        def changed() -> bool:
            interaction = self.controls.interaction(used["interaction_id"])
            if interaction["response_message_id"] == message.id:  # an update of the message itself, now or later
                return self._edits(message.id) != before
            return bool(interaction["response_message_id"])

        self.controls.wait_for(changed, timeout)
        return self._answer(used, timeout)

    def messages(self) -> list[Seen]:
        """All messages of the channel, oldest first, other people's ephemeral ones included."""
        return [Seen(message, self.controls) for message in self.controls.messages(ASCII_CHANNEL)]

    def _answer(self, used: Json, timeout: float) -> Seen:
        return Seen(self.controls.wait_for_answer(used, timeout), self.controls)

    def _edits(self, message_id: str) -> int | None:
        return next((one.raw["edits"] for one in self.messages() if one.id == message_id), None)


def _id(person: str) -> str:
    return PEOPLE.get(person, person)


@pytest.fixture
def playground() -> Iterator[Scene]:
    """A playground in a process of its own, for one test."""
    with PlaygroundProcess() as process:
        yield Scene(process)
