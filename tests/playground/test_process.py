"""The program: its first line, its port, who may talk to it, and how it ends."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from playground.server import Playground
from playground.state.seed import ASCII_CHANNEL, TOKEN
from playground.testing import Controls, PlaygroundProcess, Refused
from tests.fork_server import forked_playground


@pytest.fixture(scope="module")
def process() -> Iterator[PlaygroundProcess]:
    with PlaygroundProcess() as running:
        yield running


def get(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_page_and_the_state_are_there(process: PlaygroundProcess) -> None:
    status, text = get(process.url + "/")
    assert status == 200 and "<html" in text
    assert list(process.controls.messages()) == []
    assert process.controls.state()["channels"][0]["id"] == ASCII_CHANNEL


def test_a_taken_port_gives_the_next_free_one() -> None:
    with PlaygroundProcess() as first:
        taken = int(first.url.rsplit(":", 1)[1])
        command = [sys.executable, "-m", "playground", "--port", str(taken)]
        second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        address, said = second.stdout.readline(), second.stdout.readline()
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 0
        second.stdout.close()
    port = int(address.rsplit(":", 1)[1])
    assert address.startswith("playground: http://127.0.0.1:") and taken < port <= taken + 50
    assert said == f"Port {taken} is taken, so it is {port}.\n"


def test_a_shells_proxy_and_password_are_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # nobody listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # made once, of what the environment says then
    monkeypatch.setenv("PLAYGROUND_PASSWORD", "correct horse battery")
    with forked_playground() as running:
        message = running.controls.message("hello", files={"f": ("a.txt", b"words", "text/plain")})
        (found,) = running.controls.messages()
        assert found["id"] == message and running.controls.fetch(found["attachments"][0]["url"]) == b"words"
        with pytest.raises(Refused, match="401"):
            Controls(running.url).state()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_with_0_even_with_requests_pending(number: signal.Signals) -> None:
    with PlaygroundProcess() as running:
        assert running.process is not None
        running.controls.fault(path=".", stall=True)
        host, port = running.url.removeprefix("http://").split(":")
        with (
            socket.create_connection((host, int(port))) as stalled,
            urllib.request.urlopen(running.url + "/playground/events", timeout=60) as page,
        ):
            stalled.sendall(b"GET /api/v10/gateway HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert page.readline() == b": hello\n"
            running.controls.wait_for(lambda: running.controls.faults()[0]["hits"] == 1)
            running.process.send_signal(number)
            assert running.process.wait(60) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_only_loopback_is_served(host: str) -> None:
    command = [sys.executable, "-m", "playground", "--port", "0", "--host", host]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "PLAYGROUND_PASSWORD" in done.stderr and "127.0.0.1" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("password", "arguments", "says"),
    [("short", ["--token", "mine"], "fewer than 12"), ("long enough, this", [], "the token that everybody knows")],
)
def test_a_weak_password_or_the_known_token_opens_nothing(password: str, arguments: list[str], says: str) -> None:
    command = [sys.executable, "-m", "playground", "--port", "0", "--host", "0.0.0.0", *arguments]
    environment = {**os.environ, "PLAYGROUND_PASSWORD": password}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 2 and says in done.stderr


async def test_a_public_playground_asks_for_its_password() -> None:
    password = "correct horse battery"
    async with Playground(host="0.0.0.0", token="a token of its own", password=password) as running:
        assert running.url == f"http://127.0.0.1:{running.port}"

        def status(path: str, **headers: str) -> int:
            return get(running.url + path, **headers)[0]

        def basic(given: str) -> str:
            return "Basic " + base64.b64encode(f"me:{given}".encode()).decode()

        for path in ("/", "/page/app.js", "/playground/state", "/playground/samples"):
            assert await asyncio.to_thread(status, path) == 401
            assert await asyncio.to_thread(status, path, Authorization=basic("wrong horse battery")) == 401
            assert await asyncio.to_thread(status, path, Authorization="Basic ???") == 401
            assert await asyncio.to_thread(status, path, Authorization=basic(password), Host="pg.example") == 200
        assert await asyncio.to_thread(status, "/api/v10/users/@me", Authorization=f"Bot {TOKEN}") == 401
        assert await asyncio.to_thread(status, "/api/v10/users/@me", Authorization="Bot a token of its own") == 200
        controls = Controls(running.url, password=password)
        assert await asyncio.to_thread(controls.messages) == []


def test_a_port_that_cannot_be_is_one_readable_line() -> None:
    command = [sys.executable, "-m", "playground", "--port", "70000"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stderr.splitlines() == [
        "python -m playground: --port: '70000' is no whole number from 0 to 65535",
        "See: python -m playground --help",
    ]


def test_another_name_for_us_is_refused(process: PlaygroundProcess) -> None:
    """DNS rebinding: a page of evil.example whose name now points at 127.0.0.1."""
    port = process.url.rsplit(":", 1)[1]
    for path in ("/playground/state", "/", "/api/v10/gateway"):
        status, text = get(process.url + path, Host=f"evil.example:{port}")
        assert status == 403 and "evil.example" in text
    assert get(process.url + "/playground/state", Host=f"localhost:{port}")[0] == 200


def test_another_sites_page_cannot_control_it(process: PlaygroundProcess) -> None:
    url = process.url + "/playground/clock"

    def post(**headers: str) -> int:
        request = urllib.request.Request(url, data=b'{"advance_s": 1}', headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert post(Origin="https://evil.example") == 403
    assert post(Origin="null") == 403
    assert post(**{"Sec-Fetch-Site": "cross-site"}) == 403
    assert post(Origin=process.url) == 200


def test_mistakes_in_controls_are_told(process: PlaygroundProcess) -> None:
    request = Controls(process.url).request
    for path, body, says in (
        ("/playground/clock", {}, "advance_s"),
        ("/playground/locale", {"user_id": "1", "locale": "de"}, "a person"),
        ("/playground/gateway", {"action": "explode"}, "drop"),
        ("/playground/react", {"message_id": "1"}, "no message"),
        ("/playground/react", {"message_id": "1", "user_id": "7"}, "mia"),
        ("/playground/slash", {"command": "x", "channel_id": "7"}, "#ascii"),
    ):
        with pytest.raises(Exception, match=says):
            request("POST", path, body)
    assert get(process.url + "/page/../server.py")[0] == 404
    assert get(process.url + "/playground/samples/../server.py")[0] == 404
    assert get(process.url + "/playground/exchanges?last=many")[0] == 400
