"""The audit log: what admins did stays, whatever others try."""

import pytest
from redis import Redis

from jobs import clock
from jobs.registry import audit
from worker.__main__ import main as worker_main

FORGED = "name=x\x1b[2J\n2026-11-28 00:00:00 UTC  1  model rollback  \u202e"


def test_refusals_do_not_push_out_what_an_admin_did(redis: Redis) -> None:
    audit.record(redis, "1", "model reload", "name=classic")
    for number in range(3 * audit.KEPT):
        audit.record(redis, "666", "model upload", f"name={number}", allowed=False)
    found = audit.entries(redis)
    assert [entry.action for entry in found if entry.allowed] == ["model reload"]
    assert len(found) == 1 + audit.KEPT_REFUSED
    assert {entry.detail for entry in found if not entry.allowed} == {""}
    assert 0 < redis.ttl("glyphcord:audit:refused") <= audit.REFUSED_S


def test_the_latest_comes_first_whether_allowed_or_not(redis: Redis) -> None:
    for number in range(6):
        audit.record(redis, str(number), "model list", allowed=number % 2 == 0)
    assert [entry.by for entry in audit.entries(redis)] == ["5", "4", "3", "2", "1", "0"]


def test_what_came_later_comes_first_where_clocks_differ(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        monkeypatch.setattr(clock, "now", lambda number=number: 1000.0 - number)
        audit.record(redis, str(number), "weights publish")
    assert [entry.by for entry in audit.entries(redis)] == ["2", "1", "0"]


def test_a_refused_command_keeps_nothing_that_was_typed(redis: Redis) -> None:
    audit.record(redis, "666", "model reload", FORGED, allowed=False)
    (kept,) = redis.lrange("glyphcord:audit:refused", 0, -1)
    assert b"rollback" not in kept and b"1b" not in kept


def test_what_is_printed_is_one_line_an_entry_and_nothing_but_text(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    audit.record(redis, "1", "model reload", FORGED)
    audit.record(redis, "666", "model reload", FORGED, allowed=False)
    assert worker_main(["weights", "audit"]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2 and "\x1b" not in out and "\u202e" not in out
    assert "REFUSED" in out.splitlines()[0]


def test_a_persons_refusals_can_be_forgotten(redis: Redis) -> None:
    audit.record(redis, "1", "model reload")
    for user in ("666", "777", "666"):
        audit.record(redis, user, "model reload", allowed=False)
    audit.forget(redis, "666")
    audit.forget(redis, "1")
    assert [entry.by for entry in audit.entries(redis)] == ["777", "1"]
