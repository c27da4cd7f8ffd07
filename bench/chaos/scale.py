"""How long what breaks stays broken: as long as in life, or shortened so that a short run has all of it."""

from dataclasses import dataclass
from typing import Final

Range = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """All in seconds. `lease_s` is the lease of the workers that are started."""

    lease_s: float = 30.0
    between_s: float = 0.25
    """Mean time between two commands."""
    pause_s: float = 8.0
    """Mean time between two faults of one lane."""
    frozen_s: Range = (20.0, 150.0)
    """SIGSTOP to SIGCONT, of workers and of bots."""
    stalled_s: Range = (5.0, 40.0)
    """A connection to Redis that forwards nothing."""
    clock_s: float = 30.0
    """How long a process with a clock two hours off works."""
    outage_s: float = 45.0
    """Valkey's long outage."""
    refused_s: Range = (5.0, 30.0)
    """Valkey takes no writes."""
    told_s: float = 20.0
    """Until bots have written what Valkey has lost or did not take: their back-off, and a round of the reaper."""
    gateway_s: float = 300.0
    rate_limits_s: Range = (60.0, 400.0)
    """The two long waits that a 429 asks for."""
    settle_s: float = 900.0
    """Most that everyone's answer may take after the last fault; longer than the longest wait and two leases."""


FULL: Final = Scale()
SHORT: Final = Scale(
    between_s=0.1,
    pause_s=2.0,
    frozen_s=(10.0, 45.0),
    stalled_s=(3.0, 12.0),
    clock_s=12.0,
    outage_s=12.0,
    refused_s=(3.0, 8.0),
    gateway_s=25.0,
    rate_limits_s=(12.0, 70.0),
    settle_s=300.0,
)
FULL_FROM: Final = 500
"""Runs of so many jobs or more are full ones."""


def of(jobs: int) -> Scale:
    """The scale of a run of so many jobs."""
    return FULL if jobs >= FULL_FROM else SHORT
