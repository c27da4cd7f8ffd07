"""Who is told of a change."""

from collections import deque
from collections.abc import Callable

from playground.types import Json

Listener = Callable[[str, Json], None]


class Events:
    """`on_event` hears what Discord's gateway would dispatch, `on_change` what a client shows."""

    def __init__(self) -> None:
        self.on_event: list[Listener] = []
        self.on_change: list[Listener] = []
        self._waiting: deque[tuple[str, Json]] = deque()
        self._telling = False

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
