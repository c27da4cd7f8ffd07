"""What users saw: every state of every message of the bot, in order."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobs.text.sentences import is_interim
from playground.testing import BOT_ID, Controls

Json = dict[str, Any]


@dataclass
class Seen:
    """What the page of a person in the channel has shown of one message."""

    pictures: set[str] = field(default_factory=set)
    overwritten: bool = False


class Watcher:
    """Follows the playground's page events, and so sees every state of every message in order."""

    def __init__(self, controls: Controls) -> None:
        self._url = f"{controls.url}/playground/events"
        self.now: dict[str, Json] = {}
        self.seen: dict[str, Seen] = {}
        self.interactions: dict[str, Json] = {}
        self.listeners: list[Callable[[Json], None]] = []
        self.last_picture_at = 0.0
        self._connected = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()
        if not self._connected.wait(10):
            raise TimeoutError("the playground sends no events")

    def _follow(self) -> None:
        with urllib.request.urlopen(self._url, timeout=120) as stream:
            what = ""
            for raw in stream:
                self._connected.set()
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    what = line.removeprefix("event: ")
                elif line.startswith("data: ") and what in ("message", "interaction"):
                    self.take(what, json.loads(line.removeprefix("data: ")))

    def take(self, what: str, data: Json) -> None:
        """Note one event of the page."""
        if what == "interaction":
            self.interactions[data["id"]] = data
            return
        if data["author"]["id"] != BOT_ID:
            return
        seen = self.seen.setdefault(data["id"], Seen())
        if data["attachments"]:
            seen.pictures.add(picture_of(data))
            seen.overwritten = seen.overwritten or is_interim(data["content"])
            self.last_picture_at = time.monotonic()
        elif seen.pictures:
            seen.overwritten = True
        self.now[data["id"]] = data
        for listener in self.listeners:
            listener(data)


def picture_of(message: Json) -> str:
    """What identifies a posted picture without fetching it: name, bytes, width and height."""
    file = message["attachments"][0]
    return f"{file['filename']} {file['size']} {file.get('width')}x{file.get('height')}"


def is_settled(message: Json) -> bool:
    """Whether a message is in a last state: a picture, or a sentence that promises nothing more."""
    return bool(message["attachments"]) or not (message["loading"] or is_interim(message["content"]))


def target_of(message: Json) -> str | None:
    """The message that this one replies to."""
    found = (message.get("message_reference") or {}).get("message_id")
    return str(found) if found else None
