"""The chaos run's audit, held to histories whose verdict is known; `python -m bench.chaos` is the run itself."""

import pytest

from bench import chaos
from playground.testing import ASCII_CHANNEL, BOT_ID

PICTURE = {"filename": "ascii-blue.png", "size": 5, "width": 8, "height": 8}


def message(number: str, **changes: object) -> chaos.Json:
    """A posted picture that answers interaction 1."""
    return {
        "id": number, "author": {"id": BOT_ID}, "content": "blue", "attachments": [PICTURE],
        "loading": False, "interaction_id": "1",
    } | changes  # fmt: skip


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
def test_the_audit_sees_what_is_wrong(history: list[chaos.Json], found: str) -> None:
    people, watcher = chaos.People.__new__(chaos.People), chaos.Watcher.__new__(chaos.Watcher)
    people.commands = {"1": chaos.Asked(0, "blue", ASCII_CHANNEL, 0.0)}
    people.clicks = {}
    people.references = {(0, "blue"): chaos.picture_of(message("9"))}
    watcher.now, watcher.seen, watcher.listeners = {}, {}, []
    for change in history:
        watcher.take("message", change)
    verdict = chaos.audit(people, watcher, {"messages": {"c": list(watcher.now.values())}})
    wrong = [kind for kind in ("lost", "duplicated", "left_loading", "stale") if getattr(verdict, kind)]
    assert wrong == ([found] if found else [])
    assert verdict.clean is not bool(found)
