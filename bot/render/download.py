"""Fetch an attachment from Discord's CDN: allowed origins only, no redirects, under a byte cap and a clock.

What a CDN fails at in one moment it does in the next, so a try that says nothing about the file is made again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_before_delay,
    wait_exponential_jitter,
)
from yarl import URL

from bot.gateway.endpoints import Origin, is_allowed
from glyphcord.escaping import printable
from jobs.picture_check import video_container
from jobs.routes import is_hiccup
from jobs.text.choices import MAX_BYTES, MAX_VIDEO_BYTES
from jobs.text.sentences import PictureProblem, ServiceProblem

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Attachments in memory at one time; with MAX_BYTES this bounds the bot's memory, further ones wait."""
LARGE_AT_ONCE: Final = 2
"""The same of those that are larger than a picture may be: videos, up to MAX_VIDEO_BYTES."""

TRIES: Final = 2.0
"""No try begins later than so many times the limit of one."""
SILENCE: Final = 0.25
"""Of that limit: longest silence of a server before it is asked again."""
CHUNK: Final = 64 * 1024


class _Passing(ServiceProblem):
    """One that the next try may not meet."""


class AttachmentDownloader:
    """Downloads attachments over a session of its own, which holds neither cookies nor the bot's token.

    `origins` may be asked; one try takes at most `fetch_s` seconds, from connecting to the last byte.
    """

    def __init__(self, origins: frozenset[Origin], fetch_s: float) -> None:
        self._origins = origins
        self._fetch_s = fetch_s
        self._slots, self._large_slots = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(LARGE_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def fetch(self, address: str, declared: int) -> AsyncIterator[bytes]:
        """The attachment's bytes, inside a block that counts towards AT_ONCE; `declared` is its stated size.

        Raises PictureProblem `too_many_bytes`; ServiceProblem `attachment_host`,
        `attachment_gone`, `attachment_slow` or `attachment_failed`.
        """
        check_declared(declared)
        if not is_allowed(address, self._origins):
            raise ServiceProblem("attachment_host", f"host {_host(address)}")
        large = declared > MAX_BYTES
        slots, most = (self._large_slots, MAX_VIDEO_BYTES) if large else (self._slots, MAX_BYTES)
        data = await self._persist(address, slots, most)
        try:
            yield data
        finally:
            slots.release()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _persist(self, address: str, slots: asyncio.Semaphore, most_of_video: int) -> bytes:
        """The bytes, with a slot taken for them; between two tries others may have it."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_before_delay(TRIES * self._fetch_s),
            wait=wait_exponential_jitter(multiplier=0.25, max=self._fetch_s / 4, jitter=0.25),
            before_sleep=_log_wait,
            reraise=True,
        ):
            with attempt:
                await slots.acquire()
                try:
                    return await self._download(address, most_of_video)
                except BaseException:
                    slots.release()
                    raise
        raise AssertionError("tenacity ends in the bytes or an error")

    async def _download(self, address: str, most_of_video: int) -> bytes:
        if self._session is None:
            # Compressed answers are neither asked for nor unpacked: the cap counts what arrives.
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=SILENCE * self._fetch_s, sock_read=SILENCE * self._fetch_s
                ),
            )
        try:
            async with (
                asyncio.timeout(self._fetch_s),
                # The address is signed: parsing it again must not change a byte.
                self._session.get(URL(address, encoded=True), allow_redirects=False) as response,
            ):
                return await _read(response, most_of_video)
        except TimeoutError:
            raise _Passing("attachment_slow", f"host {_host(address)}, {self._fetch_s} s") from None
        except (aiohttp.ClientError, OSError) as error:
            # Not an error's own text: one about an answer that is no HTTP holds the whole address.
            said = f" {error.strerror}" if isinstance(error, OSError) else ""
            raise _Passing("attachment_failed", f"host {_host(address)}, {type(error).__name__}{said}") from None


async def _read(response: aiohttp.ClientResponse, most_of_video: int) -> bytes:
    # The CDN says in XML or plain text what it refuses; a page is from somewhere before it.
    if is_hiccup(response.status) or (response.status >= 400 and response.content_type == "text/html"):
        raise _Passing("attachment_failed", f"status {response.status}, {response.content_type}")
    if response.status in (401, 403, 404, 410):
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


def check_declared(size: int) -> None:
    """Raises PictureProblem `too_many_bytes` for a stated size, in bytes, that no file may have."""
    if size > MAX_VIDEO_BYTES:
        raise _too_large(MAX_VIDEO_BYTES, f"declared {size} bytes")


def _too_large(most: int, detail: str) -> PictureProblem:
    return PictureProblem("too_many_bytes", detail, limit_mb=most // 2**20)


def _log_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome is not None else None
    log.info("asking the CDN again detail=%r", error.detail if isinstance(error, ServiceProblem) else "")


def _host(address: str) -> str:
    """The host alone: the rest of an attachment's address is a signature, and the file's name."""
    try:
        return printable(str(URL(address, encoded=True).raw_host), 80)
    except ValueError:
        return "unreadable"
