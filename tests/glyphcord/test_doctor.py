"""`glyphcord doctor` on machines set up well and badly, with a real Valkey and the playground."""

import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest
from redis import Redis

from glyphcord.__main__ import main
from glyphcord.doctor.examine import examine
from glyphcord.doctor.finding import Finding
from glyphcord.doctor.worker import decoder
from playground.testing import PlaygroundProcess
from tests.fork_server import forked_playground

PASSWORD = "s3cr/et#"


@pytest.fixture(scope="module")
def discord() -> Iterator[PlaygroundProcess]:
    with forked_playground() as own:
        yield own


@pytest.fixture(autouse=True)
def well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, discord: PlaygroundProcess, redis_url: str) -> None:
    """A machine on which all is well; each test breaks something."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**discord.environment(), "REDIS_URL": redis_url}.items():
        monkeypatch.setenv(name, value)


def found(*, bot: bool = True, worker: bool = False) -> dict[str, Finding]:
    """The last finding of each kind."""
    return {finding.what: finding for finding in examine(bot=bot, worker=worker)}


def is_broken(what: str, *words: str, worker: bool = False) -> None:
    finding = found(worker=worker)[what]
    said = " ".join(str(finding).split())
    assert finding.is_broken and "→" in said
    for word in words:
        assert word in said
    assert PASSWORD not in said and "token.part" not in said


def test_where_all_is_well_it_says_so(capsys: pytest.CaptureFixture[str], discord: PlaygroundProcess) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert said.endswith("Nothing is broken.\n")
    assert "Discord knows it: glyphcord" in said and "a key was written and deleted" in said
    assert discord.environment()["DISCORD_TOKEN"] not in said


def test_without_settings_it_names_the_token_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISCORD_TOKEN")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert said.count("DISCORD_TOKEN is missing") == 1, "once, though bot and worker need it"
    assert "weights     ok" in said, "the rest is looked at all the same"


def test_a_token_that_discord_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "not.the.token.part")
    is_broken("token", "refuses it", "Reset Token")


def test_discord_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_API_BASE", "http://127.0.0.1:1/api/v10")
    is_broken("token", "cannot be reached at http://127.0.0.1:1/api/v10", "DISCORD_API_BASE")


def test_a_redis_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://:{PASSWORD.replace('/', '%2F').replace('#', '%23')}@127.0.0.1:1/0")
    is_broken("Redis", "redis://127.0.0.1:1/0 cannot be reached", "REDIS_URL")


def test_an_address_that_a_password_breaks_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://:{PASSWORD}@127.0.0.1:1/0")
    is_broken("settings", "REDIS_URL is wrong", "REDIS_PASSWORD")
    assert not found()["token"].is_broken and "Redis" not in found()


@pytest.mark.parametrize(("given", "word"), [("", "wants a password"), (PASSWORD, "refuses the password")])
def test_a_password_that_redis_refuses(
    monkeypatch: pytest.MonkeyPatch, redis: Redis, given: str, word: str
) -> None:
    redis.config_set("requirepass", "right")
    try:
        monkeypatch.setenv("REDIS_PASSWORD", given)
        is_broken("Redis", word, "REDIS_PASSWORD")
    finally:
        redis.config_set("requirepass", "")


@pytest.mark.parametrize(
    ("key", "value", "what", "word"),
    [
        ("maxmemory-policy", "allkeys-lru", "eviction", "CONFIG SET maxmemory-policy noeviction"),
        ("appendonly", "no", "persistence", "CONFIG SET appendonly yes"),
        ("maxmemory", "100mb", "memory", "960 MB"),
        ("maxmemory", "1kb", "writes", "raise maxmemory"),
    ],
)
def test_redis_settings_that_lose_jobs(redis: Redis, key: str, value: str, what: str, word: str) -> None:
    before = str(redis.config_get(key)[key])
    redis.config_set(key, value)
    try:
        finding = found()[what]
        assert finding.state != "ok" and word in finding.todo
    finally:
        redis.config_set(key, before)


def test_a_replica_takes_no_writes(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    try:
        is_broken("writes", "replica", "primary")
    finally:
        redis.replicaof("NO", "ONE")


def test_a_user_who_may_not_use_info(redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be seen is not called well."""
    redis.acl_setuser("blind", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-info"])
    try:
        monkeypatch.setenv("REDIS_URL", redis_url.replace("redis://", "redis://blind:any@"))
        seen = found()
    finally:
        redis.acl_deluser("blind")
    assert seen["Redis"].state == "note" and "+info" in seen["Redis"].todo
    assert seen["writes"].state == "ok" and "memory" not in seen


def test_weights_that_are_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_WEIGHTS", "clasic")
    is_broken("weights", "Did you mean classic?", "WEIGHTS_DIR", worker=True)


def test_weights_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(b"nothing")
    monkeypatch.setenv("MODEL_WEIGHTS", "mine")
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    is_broken("weights", "not a whole safetensors file", worker=True)


def test_a_card_that_is_asked_for_and_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setenv("DEVICE", "cuda")
    is_broken("GPU", "DEVICE=cuda, but", "DEVICE=auto", worker=True)


def test_a_card_without_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "glyphcord.doctor.worker"
    monkeypatch.setattr(f"{module}.find_spec", lambda name: None if name == "torch" else find_spec(name))
    assert "ONNX Runtime" in found(worker=True)["GPU"].text
    monkeypatch.setattr(f"{module}._has_card", lambda: True)
    card = found(worker=True)["GPU"]
    assert card.state == "note" and "worker-gpu" in card.todo
    monkeypatch.setenv("DEVICE", "cuda")
    is_broken("GPU", "PyTorch is not installed", "worker-gpu", worker=True)
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.setattr(f"{module}.find_spec", lambda name: None)
    is_broken("GPU", "nothing to draw with", "worker-cpu", worker=True)


def test_a_port_that_another_program_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("BOT_HTTP_PORT", str(taken.getsockname()[1]))
        taken.close()
        assert not found()["port"].is_broken
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # it does not answer either
        monkeypatch.setenv("BOT_HTTP_PORT", str(taken.getsockname()[1]))
        is_broken("port", "another BOT_HTTP_PORT")


def test_a_port_that_our_own_program_has_whatever_proxy_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # nobody listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("urllib.request._opener", None)  # made once, of what the environment says then
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        answering = Thread(target=server.serve_forever)
        answering.start()
        try:
            monkeypatch.setenv("BOT_HTTP_PORT", str(server.server_port))
            assert "as ours do" in found()["port"].text
        finally:
            server.shutdown()
            answering.join()


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_too_few_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 512))
    finding = found()["files"]
    assert finding.state == "note" and "LimitNOFILE=1024" in finding.todo


def test_a_bots_machine_needs_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert {"weights", "GPU"}.isdisjoint(found())


def test_a_machine_on_which_the_decoder_cannot_be_shut_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glyphcord.doctor.worker.missing", list)
    assert decoder().state == "ok"
    monkeypatch.setattr("glyphcord.doctor.worker.missing", lambda: ["landlock"])
    finding = decoder()
    assert finding.state == "note" and "lacks landlock" in finding.text and "seccomp profile" in finding.todo
