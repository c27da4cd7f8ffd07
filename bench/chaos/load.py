"""The load: users who use /ascii and click 🩷."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageDraw

from bench.chaos.observer import Json, Watcher, is_settled, picture_of, target_of
from playground.testing import ASCII_CHANNEL, GENERAL_CHANNEL, MIA_ID, MOD_ID, SAM_ID, Controls, Refused

SHAPES: Final = ((64, 64), (96, 64), (64, 96), (128, 64), (80, 64), (112, 64))
PALETTES: Final = ("blue", "mono", "green")
USERS: Final = (MIA_ID, MOD_ID, SAM_ID)
CHANNELS: Final = (ASCII_CHANNEL, GENERAL_CHANNEL)
AT_ONCE: Final = 100
"""Answers waited for at one time."""
CLICKS_PER_PICTURE: Final = 0.15
DEAF_S: Final = 0.2
"""While no bot is connected, somebody tries a command so often."""


@dataclass
class Asked:
    """One request: a command, or the first click on a picture."""

    shape: int
    palette: str
    channel: str
    at: float
    message_id: str | None = None
    turned_away: bool = False
    answered_at: float | None = None


def a_photo(shape: tuple[int, int], rng: random.Random) -> bytes:
    """A small picture, its proportions and contents all its own."""
    image = Image.linear_gradient("L").resize(shape)
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        x, y, r = rng.randrange(shape[0]), rng.randrange(shape[1]), rng.randrange(8, 24)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=rng.randrange(256))
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


class Users:
    """Those who use the bot: as many commands as asked for, and a click on some of the pictures.

    `between_s` is the mean time between two commands, in seconds.
    """

    def __init__(self, controls: Controls, watcher: Watcher, rng: random.Random, *, between_s: float) -> None:
        self._controls = controls
        self._watcher = watcher
        self._rng = rng
        self._between_s = between_s
        self._photos = [a_photo(shape, rng) for shape in SHAPES]
        self._lock = threading.Lock()
        self.commands: dict[str, Asked] = {}
        self.clicks: dict[str, Asked] = {}
        self.deaf: list[float] = []
        """For each command that found no bot: how long, in seconds, until one was heard again."""
        self.may_click = threading.Event()
        """Not set while no bot may hear a click: Discord repeats none."""
        self.may_click.set()
        self._patient_until = 0.0
        self.references: dict[tuple[int, str], str] = {}

    def calm(self) -> None:
        """Every picture once in every palette while nothing breaks: what must be posted later, byte for byte."""
        for shape in range(len(SHAPES)):
            for palette in PALETTES:
                answer = self._answer(self.command(shape, palette))
                self.references[shape, palette] = picture_of(answer)
                if palette == PALETTES[0]:
                    self._controls.react(answer["id"], user=MIA_ID)
                    self.references[shape, "pink"] = picture_of(self._pink(answer["id"]))
        self.commands.clear()

    def _answer(self, used: str) -> Json:
        return self._controls.wait_for(lambda: self._last(self.message_of(used)), 60)

    def _pink(self, message_id: str) -> Json:
        def reply() -> Json | None:
            return next(
                (m for m in list(self._watcher.now.values()) if target_of(m) == message_id and m["attachments"]),
                None,
            )

        return self._controls.wait_for(reply, 60)

    def _last(self, message_id: str | None) -> Json | None:
        message = self._watcher.now.get(message_id or "")
        return message if message and message["attachments"] else None

    def message_of(self, interaction_id: str) -> str | None:
        """The message that answers an interaction, once it is acknowledged."""
        found = self._watcher.interactions.get(interaction_id, {}).get("response_message_id")
        return str(found) if found else None

    def command(self, shape: int, palette: str, *, user: str = MIA_ID, channel: str = ASCII_CHANNEL) -> str:
        """Use /ascii; the interaction's id. While no bot is connected, others try as well, and all that counts."""
        files: dict[str, Any] = {"image": ("photo.png", self._photos[shape], "image/png")}
        found_nobody: list[float] = []
        while True:
            try:
                used = self._controls.slash("ascii", {"palette": palette}, files=files, user=user, channel=channel)
            except Refused as refused:
                if refused.status != 409:
                    raise
                found_nobody.append(time.monotonic())
                self.note()
                time.sleep(DEAF_S)
                continue
            self.deaf += [time.monotonic() - at for at in found_nobody]
            asked = Asked(shape, palette, channel, time.monotonic())
            with self._lock:
                self.commands[used["interaction_id"]] = asked
            return str(used["interaction_id"])

    def ask(self, jobs: int, enough: Callable[[], bool] = lambda: True) -> None:
        """Commands and clicks until there are `jobs` of them and `enough` says so; at most AT_ONCE unanswered."""
        while True:
            self.note()
            with self._lock:
                done = [a for a in self.commands.values() if not a.turned_away]
                asked = len(done) + len(self.clicks)
                waiting = sum(a.answered_at is None for a in (*done, *self.clicks.values()))
            if asked >= jobs and enough():
                return
            if waiting >= AT_ONCE:
                time.sleep(0.05)
                continue
            self.command(
                self._rng.randrange(len(SHAPES)),
                self._rng.choice(PALETTES),
                user=self._rng.choice(USERS),
                channel=self._rng.choice(CHANNELS),
            )
            # Who is told to try again in a minute does not ask sixteen times a second.
            patient = time.monotonic() < self._patient_until
            time.sleep(max(0.5 if patient else 0.0, self._rng.uniform(0, 2 * self._between_s)))

    def note(self) -> None:
        """Look at what has come; click on some of the new pictures."""
        for interaction_id, asked in list(self.commands.items()):
            if asked.answered_at is not None or asked.turned_away:
                continue
            state = self._watcher.interactions.get(interaction_id, {})
            asked.message_id = self.message_of(interaction_id)
            asked.turned_away = asked.message_id is None and bool(state.get("failed"))
            message = self._watcher.now.get(asked.message_id or "")
            if message is not None and is_settled(message):
                asked.answered_at = time.monotonic()
                if not message["attachments"]:
                    self._patient_until = time.monotonic() + 2
                elif self.may_click.is_set() and self._rng.random() < CLICKS_PER_PICTURE:
                    self._click(message["id"], asked)
        open_clicks = {target: asked for target, asked in self.clicks.items() if asked.answered_at is None}
        if open_clicks:
            for message in list(self._watcher.now.values()):
                clicked = open_clicks.get(target_of(message) or "")
                if clicked is not None:
                    clicked.message_id = message["id"]
                    if is_settled(message):
                        clicked.answered_at = time.monotonic()

    def _click(self, message_id: str, asked: Asked) -> None:
        self.clicks[message_id] = Asked(asked.shape, "pink", asked.channel, time.monotonic())
        for user in self._rng.sample(USERS, self._rng.choice((1, 1, 2))):
            self._controls.react(message_id, user=user)

    def waiting(self) -> int:
        """How many have not been answered."""
        self.note()
        everyone = (*self.commands.values(), *self.clicks.values())
        return sum(asked.answered_at is None and not asked.turned_away for asked in everyone)


def settle(users: Users, seconds: float) -> float | None:
    """Seconds until everyone was answered; None if so many were not enough."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if not users.waiting():
            return time.monotonic() - start
        time.sleep(0.25)
    return None
