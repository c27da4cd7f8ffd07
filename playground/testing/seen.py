"""A message as its reader sees it."""

import time
from dataclasses import dataclass
from typing import Any

from playground.recording.stable import Look, look_of, named_among
from playground.testing.client import Controls
from playground.types import Json

POLL_S = 0.05


@dataclass(frozen=True)
class Seen:
    """A message as it was when it was returned; `raw` is all of it, as the playground's state has it."""

    raw: Json
    _controls: Controls
    _timeout: float

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
        """What stands on its buttons (label or else emoji), in order."""
        return look_of(self.raw).buttons or []

    @property
    def texts(self) -> list[str]:
        """The words in its embeds and in its text displays, in order."""
        return look_of(self.raw).texts or []

    @property
    def reactions(self) -> list[str]:
        """The emojis that the bot has put on it."""
        return look_of(self.raw).reactions or []

    def file(self, n: int = 0) -> bytes:
        """The bytes of its nth file. Raises IndexError when it has none."""
        return self._controls.fetch(self.raw["attachments"][n]["url"])

    def now(self) -> "Seen":
        """The same message as it is now. Raises LookupError when it was deleted."""
        found = self._found()
        if found is None:
            raise LookupError(f"the message {self.id} was deleted")
        return Seen(found, self._controls, self._timeout)

    def component(self, name: str | int) -> Json:
        """A button or select menu by its label, emoji, placeholder, custom_id or number. Raises LookupError."""
        return named_among(self.raw["components"], name)

    def shows(self, content: str | None = None, *, timeout: float | None = None, **look: Any) -> "Seen":
        """Wait until the message looks so, and return it as it is then. `look` is any of texts, files (MIME types),
        buttons, reactions and private; `…` in a text stands for anything. Raises AssertionError that says how it
        looks instead, after `timeout` seconds."""
        wanted = Look(content, **look)
        ends = time.monotonic() + (self._timeout if timeout is None else timeout)
        while differences := wanted.differences(look_of((seen := self.now()).raw)):
            if time.monotonic() > ends:
                raise AssertionError("the message is not as expected: " + "; ".join(differences))
            time.sleep(POLL_S)
        return seen

    def vanishes(self, timeout: float | None = None) -> None:
        """Wait until the message is deleted. Raises AssertionError when it stays."""
        ends = time.monotonic() + (self._timeout if timeout is None else timeout)
        while (found := self._found()) is not None:
            if time.monotonic() > ends:
                raise AssertionError(f"the message was not deleted: {found['content']!r}")
            time.sleep(POLL_S)

    def _found(self) -> Json | None:
        there = self._controls.messages(self.raw["channel_id"])
        return next((message for message in there if message["id"] == self.id), None)
