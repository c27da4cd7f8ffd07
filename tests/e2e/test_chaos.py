"""The chaos run, short: everything breaks once, and everyone gets one picture or one reason. And its audit, held to
histories whose verdict is known.

`python -m bench.chaos` is the long one; bench/RESULTS.md has its figures.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pytest

from bench.chaos.checks import audit
from bench.chaos.load import Asked, Users
from bench.chaos.observer import Json, Watcher, picture_of
from bench.chaos.run import run
from playground.testing import ASCII_CHANNEL, BOT_ID
from tests.fork_server import Forked, forked

JOBS = 120


def nervous(module: str, environment: Mapping[str, str], folder: Path, log: IO[bytes]) -> Forked:
    """Starts a program of the stack; as the worker one whose leases are short."""
    return forked("tests.worker.nervous" if module == "worker" else module, environment, folder, log)


@pytest.mark.slow
def test_nothing_is_lost_doubled_left_loading_or_stale(tmp_path: Path) -> None:
    # Workers whose leases are short: with the real ones each death adds up to a minute.
    report = run(tmp_path, jobs=JOBS, seed=4, workers=3, pause=0.5, once=True, start=nervous, quiet=True)
    table = "\n".join(f"{name}: {value}" for name, value in report.rows)
    assert report.verdict.clean, f"{table}\n{report.verdict}"
    assert report.verdict.pictures >= JOBS / 2, table
    wanted = {"workers killed", "bots killed", "gateway dropped", "all tokens expired"}
    assert wanted <= report.broken.keys(), table
    assert any(kind.startswith("Valkey") for kind in report.broken), table
    assert any(kind.startswith("Discord") for kind in report.broken), table


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
        ([message("9", attachments=[], content="", loading=True)], "left_loading"),
        ([message("9"), message("8")], "duplicated"),
        ([message("9", attachments=[PICTURE, PICTURE])], "duplicated"),
        ([message("9"), message("7", interaction_id="2")], "duplicated"),
        ([message("9"), message("9", attachments=[], content="Something went wrong")], "stale"),
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
    wrong = [kind for kind in ("lost", "duplicated", "left_loading", "stale") if getattr(verdict, kind)]
    assert wrong == ([found] if found else [])
    assert verdict.clean is not bool(found)
