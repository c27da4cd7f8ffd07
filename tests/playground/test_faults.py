"""Faults, rate limits and the CDN: what goes wrong on order, and what is limited by itself."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from playground.api.limits import Limit, Limits
from playground.errors import ApiError, ControlError
from playground.faults import Faults
from playground.server import Playground
from playground.state.clock import Clock
from playground.state.image_size import picture_size
from playground.state.seed import ASCII_CHANNEL
from tests.playground.pictures import PNG_3X2, picture
from tests.playground.raw import Rest, connect, control

MESSAGES = f"/channels/{ASCII_CHANNEL}/messages"


async def order(playground: Playground, **rule: object) -> None:
    await control(playground, "POST", "/faults", rule)


async def contents(rest: Rest) -> list[str]:
    return [message["content"] for message in (await rest("GET", MESSAGES)).body]


async def test_a_status_has_no_effect_and_is_used_up(playground: Playground, rest: Rest) -> None:
    await order(playground, method="post", path="/messages$", status=503, times=2)
    for _ in range(2):
        answer = await rest("POST", MESSAGES, {"content": "x"})
        assert (answer.status, answer.body["code"]) == (503, 0)
    assert (await rest("POST", MESSAGES, {"content": "third"})).status == 200
    assert await contents(rest) == ["third"]
    assert [rule["hits"] for rule in await control(playground, "GET", "/faults")] == [2]


async def test_an_ordered_429_has_all_that_a_client_needs(playground: Playground, rest: Rest) -> None:
    await order(playground, path="/users/@me", status=429, retry_after=1.5)
    answer = await rest("GET", "/users/@me")
    assert (answer.status, answer.body["retry_after"], answer.body["global"]) == (429, 1.5, False)
    assert (answer.headers["Retry-After"], answer.headers["X-RateLimit-Scope"]) == ("2", "user")
    assert answer.headers["Via"]
    assert (await rest("GET", "/users/@me")).status == 200


@pytest.mark.parametrize(("when", "effect"), [("before", []), ("after", ["x"])])
async def test_a_dropped_connection(playground: Playground, rest: Rest, when: str, effect: list[str]) -> None:
    await order(playground, method="POST", path=MESSAGES, drop=when)
    with pytest.raises(aiohttp.ClientError):
        await rest("POST", MESSAGES, {"content": "x"})
    assert await contents(rest) == effect


async def test_an_error_may_come_after_the_effect(playground: Playground, rest: Rest) -> None:
    await order(playground, method="POST", path=MESSAGES, status=502, page=True, after=True)
    assert (await rest("POST", MESSAGES, {"content": "x"})).status == 502
    assert await contents(rest) == ["x"]


async def test_a_stall_never_answers(playground: Playground, rest: Rest) -> None:
    await order(playground, method="POST", path=MESSAGES, stall=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await rest("POST", MESSAGES, {"content": "x"})
    assert await contents(rest) == []


async def test_a_delay_comes_before_the_effect(playground: Playground, rest: Rest) -> None:
    await order(playground, method="POST", path=MESSAGES, delay_s=0.3)
    begun = time.monotonic()
    slow = asyncio.create_task(rest("POST", MESSAGES, {"content": "x"}))
    await asyncio.sleep(0.05)
    meanwhile = await contents(rest)
    assert meanwhile == [] or slow.done()
    assert (await slow).status == 200
    assert time.monotonic() - begun >= 0.3


async def test_a_proxys_words_can_be_put_in_its_mouth(playground: Playground, rest: Rest) -> None:
    await order(playground, path="/users", status=502, body="<html>Bad gateway</html>")
    answer = await rest("GET", "/users/@me")
    assert (answer.status, answer.body) == (502, "<html>Bad gateway</html>")


@pytest.mark.parametrize("path", ["/users/@me", "^/cdn/"])
async def test_a_page_of_the_edge_is_nothing_that_discord_said(
    playground: Playground, rest: Rest, path: str
) -> None:
    url = (await posted(rest))["url"] if "cdn" in path else f"{playground.url}/api/v10/users/@me"
    await order(playground, path=path, status=403, page=True)
    async with rest.session.get(url) as response:
        assert (response.status, response.content_type) == (403, "text/html")
        assert "Via" not in response.headers and "403" in await response.text()


async def test_a_fault_for_a_time_ends_by_the_clock(playground: Playground, rest: Rest) -> None:
    await order(playground, path="/users", status=503, for_s=20)
    for _ in range(3):
        assert (await rest("GET", "/users/@me")).status == 503
    playground.clock.advance(20)
    assert (await rest("GET", "/users/@me")).status == 200


async def test_faults_without_an_end_are_cleared(playground: Playground, rest: Rest) -> None:
    await order(playground, path=".", status=500, times=None)
    for _ in range(3):
        assert (await rest("GET", "/users/@me")).status == 500
    await control(playground, "DELETE", "/faults")
    assert (await rest("GET", "/users/@me")).status == 200


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"path": "x"},
        {"status": 200},
        {"status": "many"},
        {"drop": "during"},
        {"path": "(", "status": 500},
        {"paht": "x", "status": 500},
        {"page": True, "drop": "before"},
        {"status": 500, "for_s": "long"},
        "status 500",
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(rule: object) -> None:
    with pytest.raises(ControlError):
        Faults(Clock()).add(rule)


async def test_a_gateway_that_refuses(playground: Playground) -> None:
    await order(playground, path="^/gateway$", status=503)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connect(playground):
            pass
    assert caught.value.status == 503
    async with connect(playground) as socket:
        await socket.identify()


# The CDN


async def posted(rest: Rest) -> dict[str, Any]:
    made = await rest.multipart("POST", MESSAGES, {}, {"files[0]": ("a.png", PNG_3X2)})
    attachment: dict[str, Any] = made.body["attachments"][0]
    return attachment


async def fetch(rest: Rest, url: str) -> tuple[int, bytes]:
    async with rest.session.get(url) as response:
        return response.status, await response.read()


async def test_an_address_is_signed_and_expires(playground: Playground, rest: Rest) -> None:
    url = (await posted(rest))["url"]
    async with rest.session.get(url) as response:
        assert (response.status, await response.read()) == (200, PNG_3X2)
        assert response.headers["Content-Type"] == "image/png"
        assert "sandbox" in response.headers["Content-Security-Policy"]
    bare, _, query = url.partition("?")
    assert {part.partition("=")[0] for part in query.strip("&").split("&")} == {"ex", "is", "hm"}
    stretched = url.replace("ex=", "ex=f")
    for wrong in (bare, stretched, url.replace("hm=", "hm=0"), url.replace("a.png", "b.png"), url[:-2]):
        assert (await fetch(rest, wrong))[0] == 404, wrong
    playground.clock.advance(24 * 3600 - 60)
    assert (await fetch(rest, url))[0] == 200
    playground.clock.advance(61)
    assert (await fetch(rest, url))[0] == 404
    fresh = (await rest("GET", MESSAGES)).body[0]["attachments"][0]["url"]
    assert (await fetch(rest, fresh))[0] == 200


async def test_the_cdn_can_fail_too(playground: Playground, rest: Rest) -> None:
    url = (await posted(rest))["url"]
    await order(playground, path="^/cdn/", status=404)
    assert (await fetch(rest, url))[0] == 404
    # Twice, for aiohttp repeats a GET by itself when a connection that it kept open is gone.
    await order(playground, path="^/cdn/attachments/", drop="before", times=2)
    with pytest.raises(aiohttp.ClientError):
        await fetch(rest, url)
    await order(playground, path="^/cdn/", stall=True)
    async with rest.session.get(url) as response:
        assert response.headers["Content-Length"] == str(len(PNG_3X2))
        assert await response.content.readexactly(len(PNG_3X2) // 2) == PNG_3X2[: len(PNG_3X2) // 2]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await response.content.read(1)


async def test_a_page_among_the_uploads_stays_a_download(rest: Rest) -> None:
    made = await rest.multipart("POST", MESSAGES, {}, {"files[0]": ("x.html", b"<script>alert(1)</script>")})
    async with rest.session.get(made.body["attachments"][0]["url"]) as response:
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (300, 2), (1000, 700)])
def test_sizes_are_read_from_headers(kind: str, size: tuple[int, int]) -> None:
    data = picture(kind, size)
    assert picture_size(data) == size
    assert picture_size(data[:8]) is None


def test_sizes_of_other_kinds_of_webp_and_jpeg() -> None:
    assert picture_size(picture("WEBP", (40, 30), lossless=True)) == (40, 30)
    assert picture_size(picture("JPEG", (40, 30), progressive=True, exif=b"Exif\0\0" + b"x" * 5000)) == (40, 30)
    assert picture_size(b"") is None and picture_size(b"\xff\xd8\xff\xe0\0\0" * 4) is None


# Rate limits


async def test_a_bucket_empties_and_fills_again(playground: Playground, rest: Rest) -> None:
    for left in (4, 3, 2, 1, 0):
        answer = await rest("POST", MESSAGES, {"content": "x"})
        assert answer.headers["X-RateLimit-Remaining"] == str(left)
        assert answer.headers["X-RateLimit-Limit"] == "5"
    over = await rest("POST", MESSAGES, {"content": "x"})
    assert over.status == 429 and 0 < over.body["retry_after"] <= 5 and over.body["global"] is False
    assert over.headers["X-RateLimit-Scope"] == "user"
    assert over.headers["X-RateLimit-Bucket"] == answer.headers["X-RateLimit-Bucket"]
    assert len(await contents(rest)) == 5  # another route has another bucket, and the refused one had no effect
    playground.clock.advance(5)
    assert (await rest("POST", MESSAGES, {"content": "x"})).status == 200


def test_major_parameters_have_buckets_of_their_own() -> None:
    limits, limit = Limits(Clock()), Limit("POST x", 1, 5.0)
    limits.spend(limit, "channel 1", counts_globally=True)
    limits.spend(limit, "channel 2", counts_globally=True)
    with pytest.raises(ApiError):
        limits.spend(limit, "channel 1", counts_globally=True)


def test_fifty_a_second_for_the_token_but_not_for_interactions() -> None:
    clock = Clock()
    limits = Limits(clock)
    for n in range(50):
        limits.spend(Limit(str(n), 1, 1.0), "", counts_globally=True)
    with pytest.raises(ApiError) as caught:
        limits.spend(None, "", counts_globally=True)
    assert caught.value.body["global"] is True
    assert caught.value.headers["X-RateLimit-Scope"] == "global"
    assert caught.value.headers["X-RateLimit-Global"] == "true"
    limits.spend(None, "", counts_globally=False)
    clock.advance(1)
    limits.spend(None, "", counts_globally=True)


async def test_the_clock_only_goes_forward(playground: Playground) -> None:
    called: list[float] = []
    playground.clock.at(playground.clock.now() + 100, lambda: called.append(playground.clock.now()))
    playground.clock.advance(99)
    assert not called
    playground.clock.advance(1)
    assert len(called) == 1
    with pytest.raises(ValueError, match="forward"):
        playground.clock.advance(-1)
