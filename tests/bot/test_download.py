"""Fetching an attachment from a real local server that misbehaves in every way a CDN can."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis import Redis

from bot.gateway.endpoints import parse_origins
from bot.render.attachments import Attachment
from bot.render.download import AT_ONCE, AttachmentDownloader
from bot.render.intake import Intake
from jobs.pictures import Hold, PictureStore
from jobs.text.choices import MAX_BYTES, MAX_VIDEO_BYTES
from jobs.text.sentences import PictureProblem, ServiceProblem
from tests.bot.processes import a_png

PATIENT_S, HASTY_S = 20.0, 0.5
BRIEF_S = 2.0
"""A quarter of it is the longest silence, which may not be taken for the trouble."""
FILM = b"\0\0\0\x14ftypisom".ljust(MAX_BYTES + 1, b"\0")


class Cdn:
    """A server whose paths name their misbehaviour; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.now = self.most = 0
        app = web.Application()
        app.router.add_get("/{how}", self.answer)
        self.server = TestServer(app)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        how = request.match_info["how"]
        self.asked.append(request.raw_path)
        self.headers = dict(request.headers)
        if how == "film":
            return web.Response(body=FILM)
        whole = {"good": b"bytes", "empty": b"", "large": bytes(MAX_BYTES), "announced": bytes(MAX_BYTES + 1)}
        whole["photo"] = a_png()[1]
        if how in whole or how.isdigit():
            return web.Response(body=whole.get(how), status=int(how) if how.isdigit() else 200)
        if how == "redirect":
            raise web.HTTPFound("/good")
        if how.startswith("once-"):
            return await self.fail_once(request, how.removeprefix("once-"))
        if how == "busy":
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.05)
            self.now -= 1
            return web.Response(body=b"bytes")
        return await self.misbehave(request, how)

    async def fail_once(self, request: web.Request, how: str) -> web.Response:
        if len(self.asked) > 1:
            return web.Response(body=b"bytes")
        if how == "stalls":
            await asyncio.Event().wait()
        if how == "cut":
            assert request.transport is not None
            request.transport.close()
        if how == "page":
            return web.Response(status=403, text="<html>", content_type="text/html")
        return web.Response(status=int(how) if how.isdigit() else 500)

    async def misbehave(self, request: web.Request, how: str) -> web.StreamResponse:
        response = web.StreamResponse()
        if how == "stalls":
            await asyncio.Event().wait()
        if how == "short":
            response.content_length = 100
        await response.prepare(request)
        if how == "short":
            await response.write(b"only this")
            assert request.transport is not None
            request.transport.close()
            return response
        chunk, pause = {"endless": (bytes(2**20), 0.0), "trickle": (b"x", 0.02)}[how]
        while True:
            await response.write(chunk)
            await asyncio.sleep(pause)

    def address(self, how: str) -> str:
        return str(self.server.make_url(f"/{how}"))


@pytest.fixture
async def cdn() -> AsyncIterator[Cdn]:
    cdn = Cdn()
    await cdn.server.start_server()
    yield cdn
    await cdn.server.close()


async def fetch(cdn: Cdn, how: str, *, declared: int = 5, fetch_s: float = PATIENT_S) -> bytes:
    downloader = AttachmentDownloader(parse_origins(str(cdn.server.make_url("/")).rstrip("/")), fetch_s)
    try:
        async with downloader.fetch(cdn.address(how), declared) as data:
            return data
    finally:
        await downloader.close()


async def test_a_good_attachment_arrives_and_its_signature_is_left_alone(cdn: Cdn) -> None:
    assert await fetch(cdn, "good?ex=1&hm=a%2Bb%20c") == b"bytes"
    assert cdn.asked == ["/good?ex=1&hm=a%2Bb%20c"]
    assert cdn.headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in cdn.headers


async def test_exactly_the_cap_is_taken_and_nothing_is_read_as_nothing(cdn: Cdn) -> None:
    assert len(await fetch(cdn, "large")) == MAX_BYTES
    assert await fetch(cdn, "empty") == b""


@pytest.mark.parametrize("how", ["announced", "endless"])
async def test_more_than_the_cap_is_refused_however_it_comes(cdn: Cdn, how: str) -> None:
    with pytest.raises(PictureProblem) as problem:
        await fetch(cdn, how)
    assert problem.value.code == "too_many_bytes"


async def test_a_video_may_be_larger_than_a_picture(cdn: Cdn) -> None:
    assert len(await fetch(cdn, "film", declared=len(FILM))) == len(FILM)


@pytest.mark.parametrize(("how", "declared"), [("film", 5), ("announced", MAX_BYTES + 1)])
async def test_what_did_not_say_so_or_is_no_video_may_not(cdn: Cdn, how: str, declared: int) -> None:
    with pytest.raises(PictureProblem) as problem:
        await fetch(cdn, how, declared=declared)
    assert problem.value.facts == {"limit_mb": 20}


async def test_a_large_file_of_unknown_kind_gives_way_to_what_was_posted_before(cdn: Cdn, redis: Redis) -> None:
    downloader = AttachmentDownloader(parse_origins(str(cdn.server.make_url("/")).rstrip("/")), PATIENT_S)
    services: Any = SimpleNamespace(pictures=PictureStore(redis, 60, MAX_BYTES))
    photo = Attachment(cdn.address("photo"))
    for declared in (MAX_BYTES + 1, MAX_VIDEO_BYTES + 1):
        unknown = Attachment(cdn.address("announced"), declared, otherwise=photo)
        pictures, _ = await Intake(services, downloader).take([unknown], "en", Hold("1", "2", None, 0))
        assert [services.pictures.get(picture.sha) for picture in pictures] == [a_png()[1]]
    with pytest.raises(PictureProblem) as problem:
        await Intake(services, downloader).take([replace(unknown, otherwise=None)], "en", Hold("1", "2", None, 0))
    assert problem.value.code == "too_many_bytes"
    await downloader.close()


async def test_a_declared_size_over_the_cap_is_refused_unasked(cdn: Cdn) -> None:
    with pytest.raises(PictureProblem) as problem:
        await fetch(cdn, "good", declared=MAX_VIDEO_BYTES + 1)
    assert problem.value.code == "too_many_bytes"
    assert cdn.asked == []


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("404", "attachment_gone"),
        ("403", "attachment_gone"),
        ("400", "attachment_failed"),
        ("redirect", "attachment_failed"),
    ],
)
async def test_a_refusal_says_which(cdn: Cdn, how: str, code: str) -> None:
    with pytest.raises(ServiceProblem) as problem:
        await fetch(cdn, how)
    assert problem.value.code == code
    assert len(cdn.asked) == 1  # a redirect in particular is not followed


@pytest.mark.parametrize("how", ["408", "429", "500", "502", "503", "520", "page", "cut", "stalls"])
async def test_trouble_that_passes_costs_nobody_the_picture(cdn: Cdn, how: str) -> None:
    assert await fetch(cdn, f"once-{how}", fetch_s=8.0 if how == "stalls" else PATIENT_S) == b"bytes"
    assert len(cdn.asked) == 2


@pytest.mark.parametrize("how", ["500", "short"])
async def test_trouble_that_lasts_is_said(cdn: Cdn, how: str) -> None:
    with pytest.raises(ServiceProblem) as problem:
        await fetch(cdn, how, fetch_s=BRIEF_S)
    assert problem.value.code == "attachment_failed"
    assert len(cdn.asked) > 1


@pytest.mark.parametrize("how", ["stalls", "trickle"])
async def test_a_stalling_server_ends_in_a_sentence(cdn: Cdn, how: str) -> None:
    with pytest.raises(ServiceProblem) as problem:
        await fetch(cdn, how, fetch_s=HASTY_S)
    assert problem.value.code == "attachment_slow"


async def test_another_host_is_never_asked(cdn: Cdn) -> None:
    downloader = AttachmentDownloader(parse_origins("cdn.discordapp.com"), PATIENT_S)
    with pytest.raises(ServiceProblem) as problem:
        async with downloader.fetch(cdn.address("good"), 5):
            pass
    assert problem.value.code == "attachment_host"
    assert cdn.asked == []


async def test_a_server_that_is_not_there_is_a_failure() -> None:
    downloader = AttachmentDownloader(parse_origins("http://127.0.0.1:1"), HASTY_S)
    with pytest.raises(ServiceProblem) as problem:
        async with downloader.fetch("http://127.0.0.1:1/a", 5):
            pass
    assert problem.value.code == "attachment_failed"
    await downloader.close()


async def test_no_more_than_a_few_attachments_are_held_at_once(cdn: Cdn) -> None:
    downloader = AttachmentDownloader(parse_origins(str(cdn.server.make_url("/")).rstrip("/")), PATIENT_S)
    held = most = 0

    async def one() -> None:
        nonlocal held, most
        async with downloader.fetch(cdn.address("busy"), 5):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0.01)
            held -= 1

    await asyncio.gather(*(one() for _ in range(3 * AT_ONCE)))
    await downloader.close()
    assert 1 < cdn.most <= AT_ONCE
    assert most <= AT_ONCE


async def test_the_signature_never_reaches_the_operators_detail(cdn: Cdn) -> None:
    logging.captureWarnings(True)
    with pytest.raises(ServiceProblem) as problem:
        await fetch(cdn, "short?hm=the-signature", fetch_s=HASTY_S)
    assert "the-signature" not in problem.value.detail


async def test_nor_does_it_with_an_answer_that_is_no_http() -> None:
    async def mumble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 two hundred\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(mumble, "127.0.0.1", 0) as server:
        host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        downloader = AttachmentDownloader(parse_origins(host), BRIEF_S)
        with pytest.raises(ServiceProblem) as problem:
            async with downloader.fetch(f"{host}/a?hm=the-signature", 5):
                pass
        await downloader.close()
    assert problem.value.code == "attachment_failed" and "the-signature" not in problem.value.detail
