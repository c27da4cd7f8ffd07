"""Fetch an attachment from Discord's CDN: allowed origins only, no redirects, under a byte cap and a clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from yarl import URL

from bot.gateway.endpoints import Origin, is_allowed
from jobs.picture_check import video_container
from jobs.text.choices import MAX_BYTES, MAX_VIDEO_BYTES
from jobs.text.sentences import PictureProblem, ServiceProblem

AT_ONCE: Final = 8
"""Attachments in memory at one time; with MAX_BYTES this bounds the bot's memory, further ones wait."""
LARGE_AT_ONCE: Final = 2
"""The same of those that are larger than a picture may be: videos, up to MAX_VIDEO_BYTES."""

CHUNK: Final = 64 * 1024


class AttachmentDownloader:
    """Downloads attachments over a session of its own, which holds neither cookies nor the bot's token.

    `origins` may be asked; one download takes at most `fetch_s` seconds, from connecting to the last byte.
    """

    def __init__(self, origins: frozenset[Origin], fetch_s: float) -> None:
        self._origins = origins
        self._fetch_s = fetch_s
        self._slots, self._large_slots = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(LARGE_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def fetch(self, address: str, declared: int) -> AsyncIterator[bytes]:
        """The attachment's bytes, inside a block that counts towards AT_ONCE; `declared` is its stated size.

        Raises PictureProblem `empty` or `too_many_bytes`; ServiceProblem `attachment_host`,
        `attachment_gone`, `attachment_slow` or `attachment_failed`.
        """
        if declared > MAX_VIDEO_BYTES:
            raise _too_large(MAX_VIDEO_BYTES, f"declared {declared} bytes")
        if not is_allowed(address, self._origins):
            raise ServiceProblem("attachment_host", f"host {_host(address)}")
        large = declared > MAX_BYTES
        async with self._large_slots if large else self._slots:
            yield await self._download(address, MAX_VIDEO_BYTES if large else MAX_BYTES)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _download(self, address: str, most_of_video: int) -> bytes:
        if self._session is None:
            # Compressed answers are neither asked for nor unpacked: the cap counts what arrives.
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._fetch_s / 2),
            )
        try:
            async with (
                asyncio.timeout(self._fetch_s),
                # The address is signed: parsing it again must not change a byte.
                self._session.get(URL(address, encoded=True), allow_redirects=False) as response,
            ):
                return await _read(response, most_of_video)
        except TimeoutError:
            raise ServiceProblem("attachment_slow", f"host {_host(address)}, {self._fetch_s} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise ServiceProblem("attachment_failed", f"host {_host(address)}, {error!r}") from None


async def _read(response: aiohttp.ClientResponse, most_of_video: int) -> bytes:
    if response.status in (403, 404, 410):
        raise ServiceProblem("attachment_gone", f"status {response.status}")
    if response.status != 200:
        raise ServiceProblem("attachment_failed", f"status {response.status}")
    announced = response.content_length or 0
    chunks, total = [], 0
    async for chunk in response.content.iter_chunked(CHUNK):
        total += len(chunk)
        chunks.append(chunk)
        most = most_of_video if video_container(chunks[0]) else MAX_BYTES
        if max(total, announced) > most:
            raise _too_large(most, f"{total} bytes came, {announced} were announced")
    return b"".join(chunks)


def _too_large(most: int, detail: str) -> PictureProblem:
    return PictureProblem("too_many_bytes", detail, limit_mb=most // 2**20)


def _host(address: str) -> str:
    """The host alone: the rest of an attachment's address is a signature, and the file's name."""
    try:
        return str(URL(address).host)[:80]
    except ValueError:
        return "unreadable"
