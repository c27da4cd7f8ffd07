"""Which tests share a process of pytest-xdist's, and the order in which it is given all, for two cores."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

GROUP_WEIGHT: Final = 30
"""As many single tests take about as long as a group."""


def ordered(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Slow tests first, then groups, large before small, then single tests; those of tests/models among all these.

    Most of tests/models computes, and most of the others wait for other processes: four of a kind at a time would
    fight for the cores, or leave them idle. What is left for the end, when not every process has something to do,
    is single and quick.
    """
    slow, single, computing = [], [], []
    groups: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("slow") is not None:
            slow.append(item)
        elif (mark := item.get_closest_marker("xdist_group")) is not None:
            groups[mark.args[0]].append(item)
        elif item.nodeid.startswith("tests/models/"):
            computing.append(item)
        else:
            single.append(item)
    longest_first = sorted(groups.values(), key=len, reverse=True)
    return [*slow, *_spread(computing, [*longest_first, *([item] for item in single)])]


def _spread(items: Sequence[pytest.Item], units: Sequence[list[pytest.Item]]) -> list[pytest.Item]:
    """Single tests among groups and other single tests."""
    left, order, taken, passed = iter(items), [], 0, 0
    whole = sum(_weight(unit) for unit in units)
    for unit in units:
        passed += _weight(unit)
        due = passed * len(items) // whole
        order += [*unit, *islice(left, due - taken)]
        taken = due
    return [*order, *left]


def _weight(unit: list[pytest.Item]) -> int:
    return 1 if len(unit) == 1 else GROUP_WEIGHT


def shared_by(item: pytest.Item) -> Path | None:
    """The folder or file whose tests share a fixture that this one uses."""
    used = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    scopes = {definitions[-1].scope for definitions in used.values()}
    if "package" in scopes:
        return item.path.parent
    return item.path if "module" in scopes else None
