"""The registry from the shell: files tried before they are kept, and changed on a real worker."""

import time
from pathlib import Path
from typing import Any, cast

import pytest
import time_machine
from redis import Redis

from jobs import clock
from jobs.registry import audit
from jobs.registry.fleet import Fleet
from jobs.registry.reload import DEADLINE_S, Reloads
from jobs.registry.weights import WeightsStore
from tests.worker.processes import Start, until
from tests.worker.samples import write_weights
from worker.__main__ import main as worker_main


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)


def weights(*arguments: str) -> int:
    return worker_main(["weights", *arguments])


def test_a_life_with_a_worker(
    redis: Redis, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = WeightsStore(redis, 2**28)
    worker = start()
    worker.wait_for("worker ready")
    until(lambda: store.model("tiny") and Fleet(redis).alive(), "the worker and its model")
    first = store.models()["tiny"].active[:12]
    write_weights(tmp_path, 7, "tiny")
    assert weights("publish", str(tmp_path / "tiny.safetensors")) == 0
    out = capsys.readouterr().out
    second = store.versions("tiny")[0].short
    assert f"version {second}, similarity " in out and f"stored; {first} is in use" in out
    assert out.endswith(f"glyphcord worker weights activate tiny {second}\n")
    assert weights("activate", "tiny") == 0
    out = capsys.readouterr().out
    assert ": moved (" in out and out.splitlines()[-1] == f"tiny: {first} -> {second}"
    assert weights("list") == 0
    out = capsys.readouterr().out
    assert f"* {second}" in out and f"  {first}" in out and "tiny (default)" in out
    assert weights("rollback", "tiny") == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"tiny: {second} -> {first}"
    until(lambda: Fleet(redis).alive()[0].model_version == first, "the worker to say so")
    assert weights("activate", "tiny", second) == 0
    capsys.readouterr()
    assert weights("audit") == 0
    assert [line.split("  ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "weights activate",
        "weights rollback",
        "weights activate",
        "weights publish",
    ]
    assert len(audit.entries(redis)) == 4


def test_a_new_name_can_be_asked_for_at_once_and_made_the_default(
    redis: Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_weights(tmp_path, 7, "mine")
    assert weights("publish", str(tmp_path / "mine.safetensors"), "--name", "other") == 0
    store = WeightsStore(redis, 2**28)
    assert list(store.models()) == ["other"]
    assert weights("default", "other") == 0
    assert store.default() == "other"
    assert weights("default", "mine") == 1
    assert "Choose one of: other." in capsys.readouterr().err


@pytest.mark.parametrize("command", ["verify", "publish"])
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(
    redis: Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(write_weights(tmp_path, 7)[:-1])
    assert weights(command, str(path)) == 1
    assert "weights: cut is not a whole safetensors file" in capsys.readouterr().err
    assert WeightsStore(redis, 2**28).versions() == []
    assert weights(command, str(tmp_path / "none.safetensors")) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_what_cannot_be_done_is_said(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (("activate", "tiny"), "no such version"),
        (("rollback", "tiny"), "No style is available yet"),
        (("rollback", "../tiny"), "A model name has"),
    ):
        assert weights(*arguments) == 1
        assert words in capsys.readouterr().err


def test_a_change_has_its_time_also_from_a_machine_whose_clock_is_slow(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clock._Clock, "offset", None)
    store = WeightsStore(redis, 2**28)
    version = store.put(b"weights", "tiny", origin="upload", by="50")
    store.announce("tiny", version.sha256, "50")
    with time_machine.travel(time.time() - 7200, tick=True):
        assert weights("activate", "tiny") == 0
    reload, told = Reloads(redis, store, Fleet(redis)).latest(), cast(Any, redis.time())
    now = told[0] + told[1] / 1e6
    assert reload is not None and 0 < reload.deadline_at - now <= DEADLINE_S + 1


def test_a_password_that_redis_refuses_is_called_so(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", "wrong")
    redis.config_set("requirepass", "right")
    try:
        assert weights("list") == 1
    finally:
        redis.config_set("requirepass", "")
    assert "refuses the password of REDIS_PASSWORD" in capsys.readouterr().err


def test_without_redis_that_is_said_where_one_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:secret@127.0.0.1:1/0")
    write_weights(tmp_path, 7, "mine")
    assert weights("verify", str(tmp_path / "mine.safetensors")) == 0
    capsys.readouterr()
    assert weights("list") == 1
    error = capsys.readouterr().err
    assert "127.0.0.1:1" in error and "secret" not in error
    monkeypatch.setenv("REDIS_URL", "http://somewhere")
    assert weights("list") == 2
    assert "REDIS_URL" in capsys.readouterr().err
