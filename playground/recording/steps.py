"""What happened while it was recorded: what people did, each with what came of it until the next.

Bounded: a recording that grows past MOST_STEPS or MOST_BYTES of uploaded files ends by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from playground.recording.stable import look_of
from playground.state.events import Deed, Events
from playground.state.seed import BOT_ID
from playground.types import Json

MOST_STEPS: Final = 300
MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass
class Step:
    """One deed, and the messages that came of it, by id and as they were when the next began."""

    deed: Deed
    messages: dict[str, Json] = field(default_factory=dict)
    interaction: Json = field(default_factory=dict)
    """As it was last, for deeds that make one."""
    gone: list[str] = field(default_factory=list)
    """Ids of messages of earlier steps that the bot deleted in this one."""
    target: Json | None = None
    """The message that was clicked, reacted or replied to, or forwarded, as it was then."""

    @property
    def target_id(self) -> str | None:
        named = self.deed.details.get("message_id") or self.deed.details.get("target_id")
        return None if named is None else str(named)

    def made(self, message: Json) -> bool:
        """Whether a message, or its change, is probably of this step's making."""
        reference = (message.get("message_reference") or {}).get("message_id")
        wanted = self.deed.details.get("interaction_id")
        return (
            message["id"] in self.messages
            or (wanted is not None and message["interaction_id"] == wanted)
            or (self.target_id is not None and self.target_id in (message["id"], reference))
        )


class Recording:
    """The session that is being recorded, or was last. `on_change` hears when it begins, grows or ends."""

    def __init__(self, events: Events, message: Callable[[str], Json | None]) -> None:
        """`message` gives a message by id, as the page has it."""
        self.name = ""
        self.running = False
        self.full = False
        self.steps: list[Step] = []
        self.on_change: list[Callable[[], None]] = []
        self._message = message
        self._bytes = 0
        events.on_deed.append(self._acted)
        events.on_change.append(self._changed)

    def start(self, name: str) -> None:
        """Begin anew; what was recorded before is forgotten."""
        self.name, self.running, self.full = name, True, False
        self.steps.clear()
        self._bytes = 0
        self._tell()

    def stop(self) -> None:
        self.running = False
        self._tell()

    def forget(self) -> None:
        """End it and let its files go."""
        self.steps.clear()
        self.running = self.full = False
        self._tell()

    def _tell(self) -> None:
        for listener in self.on_change:
            listener()

    def _acted(self, deed: Deed) -> None:
        if not self.running:
            return
        self._bytes += sum(len(file.data) for file in deed.files)
        if len(self.steps) >= MOST_STEPS or self._bytes > MOST_BYTES:
            self.running, self.full = False, True
        else:
            step = Step(deed)
            referred = (deed.details.get("reference") or {}).get("message_id") or step.target_id
            step.target = self._message(str(referred)) if referred else None
            if deed.what == "delete":
                for earlier in self.steps:
                    earlier.gone = [id_ for id_ in earlier.gone if id_ != step.target_id]
            self.steps.append(step)
        self._tell()

    def _changed(self, what: str, data: Json) -> None:
        if not self.running or not self.steps:
            return
        if what == "interaction":
            for step in self.steps:
                if step.deed.details.get("interaction_id") == data["id"]:
                    step.interaction = data
        elif what == "message_delete":
            self._deleted(data["id"])
        elif what == "message":
            self._seen(data)

    def _seen(self, message: Json) -> None:
        bots = message["author"]["id"] == BOT_ID
        mine = any(r["me"] for r in message.get("reactions", []))
        owner = next((step for step in reversed(self.steps) if step.made(message)), None)
        if not (bots or mine) or (owner is None and self._is_older(message)):
            return
        if owner is None or self._is_changed_since(owner, message):
            owner = self.steps[-1]
        owner.messages[message["id"]] = message

    @staticmethod
    def _is_changed_since(step: Step, message: Json) -> bool:
        """Whether it looks otherwise than when the step brought it, which one that thinks has yet to be."""
        before = step.messages.get(message["id"])
        return before is not None and not before["loading"] and look_of(before) != look_of(message)

    def _is_older(self, message: Json) -> bool:
        """Whether it was there before the first step, which then is not what made it."""
        first = self.steps[0].deed.details
        began = first.get("interaction_id") or first.get("message_id") or "0"
        return int(message["id"]) < int(began)

    def _deleted(self, message_id: str) -> None:
        self.steps[-1].messages.pop(message_id, None)
        if any(message_id in step.messages for step in self.steps):
            self.steps[-1].gone.append(message_id)
