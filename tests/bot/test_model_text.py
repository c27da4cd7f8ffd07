"""What admins read about models, from records that a test can write down whole."""

from typing import Any

import pytest

from bot.commands.model_text import MESSAGE_LIMIT, list_text, reload_text, status_text, verification_text
from jobs.registry.fleet import WorkerReport
from jobs.registry.reload import Reload, Vote, is_over
from jobs.registry.verification import Measures, Verification
from jobs.registry.weights import Model, Version
from jobs.text.translation import ENGLISH, LANGUAGES

OLD, NEW = "a" * 64, "b" * 64
HOSTILE = "`code` @everyone **bold** <@123456789012345678>\n" + "x" * 5000


def reload(**changes: Any) -> Reload:
    fields: dict[str, Any] = {
        "id": "1",
        "model": "lines",
        "before": OLD,
        "target": NEW,
        "by": "50",
        "expected": ("w1", "w2"),
        "phase": "preparing",
        "deadline_at": 0.0,
    }
    return Reload(**(fields | changes))


def answers(*given: Vote) -> dict[str, Vote]:
    return {answer.worker: answer for answer in given}


def ready(worker: str, **changes: Any) -> Vote:
    return Vote(worker=worker, offered=True, ready=True, took_ms=420, **changes)


def version(sha256: str, **changes: Any) -> Version:
    fields: dict[str, Any] = {
        "model": "lines",
        "sha256": sha256,
        "size": 3 * 2**20,
        "origin": "upload",
        "added_by": "50",
        "added_at": 1_700_000_000.5,
    }
    return Version(**(fields | changes))


def test_a_change_is_told_step_by_step() -> None:
    assert reload_text(reload(), answers(ready("w1"), Vote(worker="w2")), ENGLISH).splitlines() == [
        "Changing `lines` from version `aaaaaaaaaaaa` to `bbbbbbbbbbbb`. Every worker loads it first…",
        "🔄 `w1` is ready (0.4 s)",
        "⏳ `w2` is loading it",
    ]
    done = answers(ready("w1", moved=True), ready("w2", moved=True, drained=True))
    assert reload_text(reload(phase="committed"), done, ENGLISH).splitlines() == [
        "`lines` is at version `bbbbbbbbbbbb`: 2 of 2 workers use it.",
        "✅ `w1` `aaaaaaaaaaaa` → `bbbbbbbbbbbb` (0.4 s)",
        "✅ `w2` `aaaaaaaaaaaa` → `bbbbbbbbbbbb` (0.4 s, taking no jobs meanwhile: no memory for two models)",
    ]
    failed = answers(ready("w1"), Vote(worker="w2", error="no room"))
    assert reload_text(reload(phase="aborted", reason="w2: no room"), failed, ENGLISH).splitlines() == [
        "Nothing was changed. w2: no room.",
        "`lines` stays at version `aaaaaaaaaaaa`.",
        "↩️ `w1` stays at `aaaaaaaaaaaa`",
        "❌ `w2` stays at `aaaaaaaaaaaa`: no room",
    ]


@pytest.mark.parametrize(
    ("stage", "given", "alive", "over"),
    [
        ("preparing", [ready("w1"), ready("w2")], ("w1", "w2"), False),
        ("aborted", [], ("w1", "w2"), True),
        ("committed", [ready("w1", moved=True), ready("w2")], ("w1", "w2"), False),
        ("committed", [ready("w1", moved=True), ready("w2")], ("w1",), True),
        ("committed", [ready("w1", moved=True), ready("w2", moved=True)], ("w1", "w2"), True),
    ],
)
def test_it_is_over_when_all_who_are_left_have_moved(
    stage: str, given: list[Vote], alive: tuple[str, ...], over: bool
) -> None:
    assert is_over(reload(phase=stage), answers(*given), alive) is over


def test_a_reason_cannot_ping_format_or_flood() -> None:
    text = reload_text(reload(expected=("w1",)), answers(Vote(worker="w1", error=HOSTILE)), ENGLISH)
    assert "@everyone" not in text and "**bold**" not in text and "<@1" not in text
    assert len(text.splitlines()) == 2 and len(text) < 600
    names = tuple(f"worker-{number}" for number in range(100))
    crowded = reload_text(reload(expected=names), answers(*(Vote(worker=n, error=HOSTILE) for n in names)), ENGLISH)
    assert MESSAGE_LIMIT / 2 < len(crowded) <= 2000
    assert "more, see the log." in crowded


def test_the_list_shows_what_is_in_use_and_what_is_kept() -> None:
    model = Model(name="lines", active=NEW, history=(OLD,), changed_by="50", changed_at=0.0)
    models = {"lines": model, "classic": model.model_copy(update={"name": "classic"})}
    shown = list_text(models, [version(NEW), version(OLD), version(OLD, model="new")], "classic", ENGLISH)
    assert shown.splitlines() == [
        "Models (⭐ is the default):",
        "⭐ `classic` version `bbbbbbbbbbbb`",
        "▪️ `lines` version `bbbbbbbbbbbb`, 3.0 MB, upload <@50>, <t:1700000000:R>; also kept: `aaaaaaaaaaaa`",
        "▫️ `new`: not in use; kept: `aaaaaaaaaaaa`",
    ]
    assert "publish" in list_text({}, [], None, ENGLISH)


def test_the_status_shows_each_worker() -> None:
    report = WorkerReport(
        name="w1",
        host="h",
        pid=1,
        device="cuda",
        model="lines",
        model_version="v1",
        models={"lines": "v1", "classic": "v2"},
        memory_mb=512,
        state="swapping",
        jobs_done=34,
        last_error="OutOfMemoryError in job 5",
        started_at=0.0,
    )
    assert status_text([report], "lines", ENGLISH).splitlines() == [
        "Running: 1; the default model is `lines`.",
        "🟡 `w1` on `cuda`: taking no jobs while models change: no memory for two · `lines` `v1`, `classic` `v2` · "
        "512 MB · jobs: 34 · last error: OutOfMemoryError in job 5",
    ]
    assert status_text([], None, ENGLISH) == "No worker is running."


def test_a_check_compares_with_what_draws_now() -> None:
    now = Measures(model="classic", version="c" * 12, similarity=0.6, legibility=1.0, glyphs=16)
    good = Verification(id="1", worker="w", description="head glyphs", measures=now, now=now)
    assert "similarity 0.60 (now 0.60)" in verification_text(version(NEW), good, ENGLISH)
    assert "worse" not in verification_text(version(NEW), good, ENGLISH)
    bad = good.model_copy(update={"measures": now.model_copy(update={"similarity": 0.4})})
    assert "clearly worse" in verification_text(version(NEW), bad, ENGLISH)
    faulty = Verification(id="1", worker="w", error="it has no atlas", refused=True)
    refused = verification_text(version(NEW), faulty, ENGLISH)
    assert refused == "❌ `lines` version `bbbbbbbbbbbb` (3.0 MB) cannot be used: it has no atlas"


@pytest.mark.parametrize("reader", sorted(set(LANGUAGES.values())))
def test_an_admin_reads_it_in_their_language_within_a_message(reader: str) -> None:
    names = tuple(f"worker-{number}" for number in range(100))
    votes = answers(*(Vote(worker=name, error=HOSTILE) for name in names))
    told = reload_text(reload(expected=names), votes, reader)
    assert MESSAGE_LIMIT / 2 < len(told) <= 2000 and "stays at" not in told and "`worker-1`" in told
    assert "**bold**" not in told and "<@1" not in told
    now = Measures(model="classic", version="c" * 12, similarity=0.6, legibility=1.0, glyphs=16)
    good = Verification(id="1", worker="w", description="head glyphs", measures=now, now=now)
    assert "0.60" in verification_text(version(NEW), good, reader) != verification_text(version(NEW), good, ENGLISH)
    assert status_text([], None, reader) != status_text([], None, ENGLISH) != list_text({}, [], None, reader)
