"""Fetch photos to train on, several at a time: from Lorem Picsum, or from any address pattern.

A photo is kept when it decodes and is new; a failed one is retried, then skipped. Photos that are in the folder
count, so the same command continues an interrupted run.
"""

import hashlib
import itertools
import re
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

import httpx

from models import limits
from models.file_sentences import in_words
from models.problems import PictureProblem, Refused
from models.rendering.still import decode
from models.sniff import SUFFIXES, SUFFIXES_OF, sniff

LOREM_PICSUM: Final = "https://picsum.photos/seed/glyphcord-{n}/1024"
TRIES: Final = 4
GIVE_UP_AFTER: Final = 24
"""Failed or repeated photos in a row, after which there is no more to be expected."""
_RETRY_STATUSES: Final = (408, 425, 429, 500, 502, 503, 504)


class FetchError(Refused):
    """The photos could not be fetched; `str()` says why and what was saved."""


class _FetchFailed(Exception):
    """One photo could not be fetched."""


def fetch_photos(
    out: Path,
    count: int,
    url: str | None = None,
    *,
    at_once: int = 8,
    first_wait_s: float = 0.5,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Fetch until `out` holds `count` different photos; returns how many are new.

    `{n}` in `url` (default: Lorem Picsum) becomes 0, 1, 2, …; without it the same address is asked again and again,
    for services that answer with another photo each time. `progress` is told the number that the folder holds.
    Raises FetchError when the address is none, or GIVE_UP_AFTER photos in a row failed or were there already.
    """
    url = LOREM_PICSUM if url is None else url
    if not re.match(r"https?://[^/]", url):
        raise FetchError(f"{url!r} is no address to fetch from: it must begin with http:// or https://")
    out.mkdir(parents=True, exist_ok=True)
    kept = [path for path in out.iterdir() if path.stem.isdigit() and path.suffix in SUFFIXES]
    known = {hashlib.sha256(path.read_bytes()).digest() for path in kept}
    numbers = itertools.count(max((int(path.stem) for path in kept), default=-1) + 1)
    before, failures, reason = len(known), 0, ""
    progress(before)

    timeout = httpx.Timeout(30.0, connect=10.0)
    pool = ThreadPoolExecutor(at_once)
    with httpx.Client(follow_redirects=True, timeout=timeout) as client:
        pending: dict[Future[tuple[bytes, str]], int] = {}
        try:
            while len(known) < count:
                if failures >= GIVE_UP_AFTER:
                    raise FetchError(
                        f"{failures} photos in a row failed, the last: {reason}. {out} holds {len(known)}"
                    )
                while len(pending) < min(at_once, count - len(known)):
                    number = next(numbers)
                    address = url.replace("{n}", str(number))
                    pending[pool.submit(_fetch, client, address, first_wait_s)] = number
                for ready in wait(pending, return_when=FIRST_COMPLETED).done:
                    number = pending.pop(ready)
                    try:
                        data, suffix = ready.result()
                    except _FetchFailed as problem:
                        failures, reason = failures + 1, str(problem)
                        continue
                    except PictureProblem as problem:
                        failures, reason = failures + 1, in_words(problem).removesuffix(".")
                        continue
                    if (digest := hashlib.sha256(data).digest()) in known:
                        failures, reason = failures + 1, "it was a photo that is there already"
                        continue
                    unfinished = out / f"{number:05}.unfinished"
                    unfinished.write_bytes(data)
                    unfinished.replace(out / f"{number:05}{suffix}")
                    known.add(digest)
                    failures = 0
                    progress(len(known))
        finally:
            pool.shutdown(cancel_futures=True)
    return len(known) - before


def _fetch(client: httpx.Client, address: str, first_wait_s: float) -> tuple[bytes, str]:
    """A photo that decodes, and its file's suffix. Tries up to TRIES times. Raises _FetchFailed, PictureProblem."""
    problem: Exception = _FetchFailed("no try was made")
    for attempt in range(TRIES):
        pause = first_wait_s * 2**attempt
        try:
            with client.stream("GET", address) as response:
                if response.status_code == 200:
                    data = _body(response)
                    decode(data, 256)
                    return data, SUFFIXES_OF[sniff(data).format][0]
                problem = _FetchFailed(f"{response.url.host} answered {response.status_code}")
                if response.status_code not in _RETRY_STATUSES:
                    break
                asked = response.headers.get("retry-after", "")
                pause = min(float(asked), 60.0) if asked.isdigit() else pause
        except httpx.RequestError as error:
            problem = _FetchFailed(f"{type(error).__name__} {error}".strip())
        except httpx.InvalidURL as error:
            raise _FetchFailed(f"{address!r} is no address: {error}") from None
        except PictureProblem as error:
            if error.code != "broken":
                raise
            problem = error  # cut short on its way, perhaps
        if attempt + 1 < TRIES:
            time.sleep(pause)
    raise problem


def _body(response: httpx.Response) -> bytes:
    data = bytearray()
    for part in response.iter_bytes():
        data += part
        if len(data) > limits.MAX_BYTES:
            raise _FetchFailed(f"a photo is larger than {limits.MAX_BYTES // 2**20} MB")
    return bytes(data)
