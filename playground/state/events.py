"""Who is told of a change."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.request_body import Upload
from playground.types import Json

Listener = Callable[[str, Json], None]


@dataclass(frozen=True)
class Deed:
    """What somebody did in their client, or a test to Discord: `what` is the control's name. `details` is what was
    asked and what came of it at once (ids of the interaction or message)."""

    what: str
    user_id: str
    channel_id: str
    details: Json
    files: Sequence[Upload] = ()


class Events:
    """`on_event` hears what Discord's gateway would dispatch, `on_change` what a client shows, `on_deed` what
    people did, once it is done."""

    def __init__(self) -> None:
        self.on_event: list[Listener] = []
        self.on_change: list[Listener] = []
        self._waiting: deque[tuple[str, Json]] = deque()
        self._telling = False
        self.on_deed: list[Callable[[Deed], None]] = []

    def emit(self, name: str, data: Json) -> None:
        """Tell all listeners. What a listener emits in turn is told once all have heard of what it follows from."""
        self._waiting.append((name, data))
        if self._telling:
            return
        self._telling = True
        try:
            while self._waiting:
                event = self._waiting.popleft()
                for listener in self.on_event:
                    listener(*event)
        finally:
            self._telling = False
            self._waiting.clear()

    def changed(self, what: str, data: Json) -> None:
        for listener in self.on_change:
            listener(what, data)

    def did(self, deed: Deed) -> None:
        for listener in self.on_deed:
            listener(deed)
