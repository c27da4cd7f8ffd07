"""What all faults share: the stack they break, the users who notice, and the notes of what happened."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench.chaos.load import Users
from bench.chaos.observer import Watcher
from bench.chaos.programs import Programs
from bench.chaos.scale import Range, Scale
from devstack.stack import Stack

BEHIND_S: Final = 1.5
"""How much of what was acknowledged a replica has not received when it is promoted."""


@dataclass
class Scene:
    """`over` is set once nothing more is to break."""

    stack: Stack
    programs: Programs
    users: Users
    watcher: Watcher
    scale: Scale
    over: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    """Everything has settled, too."""
    gateway_out: threading.Event = field(default_factory=threading.Event)
    """No command reaches a bot, for minutes."""
    memory: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever makes Valkey or a bot forget: what a bot alone remembers dies with it."""
    counts: Counter[str] = field(default_factory=Counter)
    after_death: list[tuple[str, float]] = field(default_factory=list)
    """Jobs that a killed worker had in hand, and when it was killed (time.monotonic())."""
    after_valkey: list[float] = field(default_factory=list)
    """Seconds until the first picture after Valkey was back."""
    after_gateway: list[float] = field(default_factory=list)
    """Seconds until every bot was connected after the gateway was back."""

    def log(self, line: str) -> None:
        """Note what breaks when, beside the logs of what it breaks."""
        with (self.stack.folder / "faults.log").open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%F %T')} {line}\n")

    def wait(self, seconds: float) -> bool:
        """Let time pass; whether nothing more is to break."""
        return self.over.wait(seconds)

    def await_commands(self) -> bool:
        """Let an outage of the gateway pass, for what only a job can suffer; whether nothing more is to break."""
        while self.gateway_out.is_set():
            if self.wait(1.0):
                return True
        return self.over.is_set()


@dataclass(frozen=True)
class Fault:
    """`work` breaks something, mends it again and says whether it happened. `weight`: how often it comes among the
    others of its lane."""

    name: str
    work: Callable[[], bool]
    weight: int = 1


def between(rng: random.Random, seconds: Range) -> float:
    """A duration out of a range."""
    return rng.uniform(*seconds)
