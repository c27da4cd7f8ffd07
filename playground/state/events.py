"""Who is told of a change."""

from collections.abc import Callable

from playground.types import Json

Listener = Callable[[str, Json], None]


class Events:
    """`on_event` hears what Discord's gateway would dispatch, `on_change` what a client shows."""

    def __init__(self) -> None:
        self.on_event: list[Listener] = []
        self.on_change: list[Listener] = []

    def emit(self, name: str, data: Json) -> None:
        for listener in self.on_event:
            listener(name, data)

    def changed(self, what: str, data: Json) -> None:
        for listener in self.on_change:
            listener(what, data)
