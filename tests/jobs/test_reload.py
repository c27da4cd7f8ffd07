"""Reloads of a model: decided by pure rules, carried through Valkey, moved on by whoever looks."""

import time
from typing import Any

import pytest
from redis import Redis

from jobs.registry.fleet import Fleet, WorkerReport
from jobs.registry.reload import Reload, Reloads, Vote, decide
from jobs.registry.weights import WeightsStore
from jobs.text.sentences import ServiceProblem

A, B, C = (letter * 64 for letter in "abc")
BOTH = ("w1", "w2")


def reload(**changes: Any) -> Reload:
    fields: dict[str, Any] = {
        "id": "1",
        "model": "m",
        "before": A,
        "by": "50",
        "expected": BOTH,
        "phase": "preparing",
        "target": B,
        "deadline_at": 100.0,
    }
    return Reload(**(fields | changes))


def answer(worker: str, **fields: Any) -> Vote:
    return Vote(worker=worker, **fields)


@pytest.mark.parametrize(
    ("answers", "alive", "now", "stage", "reason"),
    [
        ([], BOTH, 0, "preparing", ""),
        ([answer("w1", ready=True)], BOTH, 0, "preparing", ""),
        ([answer("w1", ready=True), answer("w2", ready=True)], BOTH, 0, "committed", ""),
        ([answer("w1", ready=True), answer("w2", ready=True), answer("w3")], BOTH, 0, "committed", ""),
        ([answer("w1", ready=True), answer("w2", error="no room")], BOTH, 0, "aborted", "w2: no room"),
        ([answer("w1", ready=True)], ("w1",), 0, "aborted", "w2 ended before it was ready"),
        ([answer("w1", ready=True), answer("w2", ready=True)], ("w1",), 0, "committed", ""),
        ([answer("w1", ready=True)], BOTH, 101, "aborted", "w2: no answer in time"),
        ([answer("w1", ready=True), answer("w2", ready=True)], BOTH, 101, "committed", ""),
    ],
)
def test_all_or_nothing(answers: list[Vote], alive: tuple[str, ...], now: float, stage: str, reason: str) -> None:
    decided = decide(reload(), {a.worker: a for a in answers}, alive, now)
    assert (decided.phase, decided.reason) == (stage, reason)
    assert decided.target == B


@pytest.mark.parametrize(
    ("before", "offers", "stage", "target", "reason"),
    [
        (A, (None, None), "preparing", A, ""),
        (A, (B, None), "preparing", B, ""),
        (A, (B, B), "preparing", B, ""),
        (A, (B, C), "aborted", None, f"different files of that name: w1 has {B[:12]}, w2 has {C[:12]}"),
        (None, (B, None), "preparing", B, ""),
        (None, (None, None), "aborted", None, "no worker has a file m.safetensors"),
    ],
)
def test_what_the_workers_have_decides_the_version(
    before: str | None, offers: tuple[str | None, ...], stage: str, target: str | None, reason: str
) -> None:
    answers = {name: answer(name, offered=True, offer=offer) for name, offer in zip(BOTH, offers, strict=True)}
    decided = decide(reload(phase="resolving", before=before, target=None), answers, BOTH, 0)
    assert (decided.phase, decided.target) == (stage, target)
    assert reason in decided.reason


@pytest.fixture
def store(redis: Redis) -> WeightsStore:
    return WeightsStore(redis, 10_000)


@pytest.fixture
def reloads(redis: Redis, store: WeightsStore) -> Reloads:
    return Reloads(redis, store, Fleet(redis))


def wake(redis: Redis, *names: str, state: str = "idle") -> None:
    for name in names:
        report = WorkerReport(
            name=name, host="h", pid=1, device="cpu", model="m", model_version="v", state=state, started_at=0.0
        )
        Fleet(redis).report(report)


def code_of(reloads: Reloads, name: str, **options: Any) -> str:
    with pytest.raises(ServiceProblem) as error:
        reloads.begin(name, "50", **options)
    return error.value.code


def test_a_change_reaches_the_registry_when_the_last_worker_is_ready(
    redis: Redis, store: WeightsStore, reloads: Reloads
) -> None:
    first, second = (store.put(data, "m", origin="file", by="w") for data in (b"1", b"2"))
    store.announce("m", first.sha256, "w1")
    wake(redis, *BOTH)
    wake(redis, "leaving", state="stopping")
    given = reloads.begin("m", "50", version=second.short)
    assert (given.phase, given.expected, given.before) == ("preparing", BOTH, first.sha256)
    assert code_of(reloads, "m") == "reload_busy"
    for name in BOTH:
        assert store.models()["m"].active == first.sha256
        reloads.vote(given, answer(name, ready=True))
        moved = reloads.advance()
    assert moved is not None and moved.phase == "committed"
    model = store.models()["m"]
    assert (model.active, model.history, model.changed_by) == (second.sha256, (first.sha256,), "50")
    back = reloads.begin("m", "51", back=True)
    assert back.target == first.sha256
    reloads.vote(back, answer("w1", error="no room"))
    moved = reloads.advance()
    assert moved is not None and (moved.phase, moved.reason) == ("aborted", "w1: no room")
    assert store.models()["m"] == model
    assert set(reloads.votes(back)) == {"w1"}


def test_a_reload_whose_bot_died_is_aborted_by_whoever_looks(
    redis: Redis, store: WeightsStore, reloads: Reloads
) -> None:
    first = store.put(b"1", "m", origin="file", by="w")
    store.announce("m", first.sha256, "w1")
    wake(redis, "w1")
    reloads.begin("m", "50")
    Fleet(redis).leave("w1")
    moved = reloads.advance()
    assert moved is not None and moved.reason == "w1 ended before it was ready"
    wake(redis, "w1")
    assert reloads.begin("m", "50").is_open


def test_without_workers_what_is_known_changes_at_once(redis: Redis, store: WeightsStore, reloads: Reloads) -> None:
    first, second = (store.put(data, "m", origin="file", by="w") for data in (b"1", b"2"))
    store.announce("m", first.sha256, "w1")
    assert code_of(reloads, "m") == "no_worker"
    assert reloads.begin("m", "50", version=second.short).phase == "committed"
    assert store.models()["m"].active == second.sha256
    assert reloads.begin("m", "50", back=True).phase == "committed"
    assert store.models()["m"].active == first.sha256
    assert code_of(reloads, "m", back=True) == "no_history"
    assert code_of(reloads, "other", back=True) == "unknown_style"
    assert code_of(reloads, "m", version="f" * 12) == "unknown_version"


def test_a_change_that_somebody_overtook_is_not_made(redis: Redis, store: WeightsStore, reloads: Reloads) -> None:
    first, second = (store.put(data, "m", origin="file", by="w") for data in (b"1", b"2"))
    wake(redis, "w1")
    given = reloads.begin("m", "50", version=first.short)
    store.announce("m", second.sha256, "w2")
    reloads.vote(given, answer("w1", ready=True))
    moved = reloads.advance()
    assert moved is not None and (moved.phase, moved.reason) == ("aborted", "changed meanwhile")
    assert store.models()["m"].active == second.sha256


def test_nothing_is_kept_for_ever(redis: Redis, store: WeightsStore, reloads: Reloads) -> None:
    store.announce("m", A, "w1")
    wake(redis, "w1")
    given = reloads.begin("m", "50")
    reloads.vote(given, answer("w1"))
    keys = redis.keys("*reload*")
    assert len(keys) == 2
    assert all(0 < redis.ttl(key) <= 600 for key in keys)
    assert given.deadline_at > time.time()
