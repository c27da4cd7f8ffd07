"""What the tables of all benchmarks say numbers with."""

import os
import sys
import time
from collections.abc import Sequence


def machine() -> str:
    """What a table should say of where it was measured."""
    one, _, _ = os.getloadavg()
    return f"{os.cpu_count()} CPUs, load {one:.1f} at the end, Python {sys.version.split()[0]}"


def quantile(values: Sequence[float], share: float) -> float:
    """The value that such a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))]


def spread(seconds: Sequence[float], digits: int = 1) -> str:
    """Median, 95th percentile and largest of some times."""
    if not seconds:
        return "none"
    p50, p95, most = (f"{quantile(seconds, share):.{digits}f}" for share in (0.5, 0.95, 1.0))
    return f"p50 {p50}, p95 {p95}, max {most} (n = {len(seconds)})"


def say(line: str) -> None:
    """Tell whoever waits."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
