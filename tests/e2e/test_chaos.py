"""The chaos run, shorter still: much breaks once, and everyone gets one picture or one reason. And its audit, held
to histories whose verdict is known.

`python -m bench.chaos` is the long one; bench/RESULTS.md has its figures.
"""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import IO, Any

import pytest

from bench.chaos.checks import Verdict, audit
from bench.chaos.faults.lanes import Lane
from bench.chaos.faults.scene import Fault, Scene
from bench.chaos.load import Asked, Users
from bench.chaos.observer import Json, Watcher, picture_of
from bench.chaos.run import Report, run
from bench.chaos.scale import Scale
from devstack.stack import Stack
from jobs.text.sentences import SENTENCES
from playground.testing import ASCII_CHANNEL, BOT_ID
from tests.fork_server import Forked, forked

JOBS = 120


def nervous(module: str, environment: Mapping[str, str], folder: Path, log: IO[bytes]) -> Forked:
    """Starts a program of the stack; as the worker one whose leases are short."""
    return forked("tests.worker.nervous" if module == "worker" else module, environment, folder, log)


# All that a short run has takes minutes: a gateway that is out is tried again after half of one, what a fail-over
# has lost is looked at after three quarters of one. A whole one is what bench.chaos is for.
QUICKLY = frozenset(
    {
        "worker killed",
        "worker frozen beyond its lease",
        "worker's Redis connection stalled",
        "bot killed",
        "gateway dropped",
        "all tokens expired",
        "Valkey killed",
        "429",
        "5xx",
        "hangs up after the effect",
        "one 404",
        "one 403 with a page",
    }
)
SCALE = Scale(lease_s=2.0, between_s=0.1, pause_s=0.3, frozen_s=(0.5, 3.0), stalled_s=(1.0, 2.0), told_s=4.0)


@pytest.mark.slow
def test_nothing_is_lost_doubled_left_waiting_or_wiped(tmp_path: Path) -> None:
    # Workers whose leases are short: with the real ones each death adds up to a minute.
    report = run(tmp_path, jobs=JOBS, seed=4, scale=SCALE, only=QUICKLY, once=True, start=nervous, quiet=True)
    table = "\n".join(f"{name}: {value}" for name, value in report.rows)
    assert not report.problems, "\n".join([table, *report.problems])


def test_a_fault_that_did_not_happen_is_a_problem(tmp_path: Path) -> None:
    nowhere: Any = None
    scene = Scene(Stack(tmp_path), nowhere, nowhere, nowhere, Scale(pause_s=0.0))
    faults = [Fault("in vain", lambda: False), Fault("done", lambda: True)]
    lane = Lane("lane", faults, scene, Random(1), once=True)
    lane.thread.start()
    lane.thread.join()
    assert lane.complete.is_set() and lane.missing() == ["in vain"] and scene.counts == {"done": 1}
    assert Report(Verdict(pictures=1), lane.missing(), []).problems == ["did not happen: in vain"]
    assert not Report(Verdict(pictures=1), [], []).problems


PICTURE = {"filename": "ascii-blue.png", "size": 5, "width": 8, "height": 8}


def message(number: str, **changes: object) -> Json:
    """A posted picture that answers interaction 1."""
    return {
        "id": number,
        "author": {"id": BOT_ID},
        "content": "blue",
        "attachments": [PICTURE],
        "loading": False,
        "interaction_id": "1",
    } | changes


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ([message("9")], ""),
        ([message("9", attachments=[], content="I cannot read that file.")], ""),
        ([], "lost"),
        ([message("9", attachments=[], content="Drawing it in pink…")], "lost"),
        ([message("9", attachments=[], content="", loading=True)], "left_waiting"),
        ([message("9"), message("8")], "doubled"),
        ([message("9", attachments=[PICTURE, PICTURE])], "doubled"),
        ([message("9"), message("7", interaction_id="2")], "doubled"),
        ([message("9"), message("9", attachments=[], content="Something went wrong")], "wiped"),
        ([message("9", attachments=[], content=SENTENCES["expired"])], "untrue"),
        ([message("9", attachments=[{**PICTURE, "size": 6}]), message("9")], "stale"),
        ([message("9", attachments=[{**PICTURE, "filename": "ascii-mono.png"}])], "stale"),
    ],
)
def test_the_audit_sees_what_is_wrong(history: list[Json], found: str) -> None:
    users, watcher = Users.__new__(Users), Watcher.__new__(Watcher)
    users.commands = {"1": Asked(0, "blue", ASCII_CHANNEL, 0.0)}
    users.clicks = {}
    users.references = {(0, "blue"): picture_of(message("9"))}
    watcher.now, watcher.seen, watcher.listeners = {}, {}, []
    for change in history:
        watcher.take("message", change)
    verdict = audit(users, watcher, {"messages": {"c": list(watcher.now.values())}})
    wrong = [kind for kind, lines in verdict.wrong().items() if lines]
    assert wrong == ([found] if found else [])
    assert verdict.clean is not bool(found)
