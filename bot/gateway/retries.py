"""Trouble on the way to Discord that is over in a moment: every request of the bot's is asked again.

discord.py asks again after some 5xx, and takes any other answer for Discord's word, a proxy's HTML page with a 403
as well. It has no option for that, so its two ways of asking are wrapped here; a test holds them to the installed
version. What lasts longer is for those who ask: they know what is still of use later.
"""

import functools
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
import discord
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_before_delay, wait_exponential_jitter

from jobs.routes import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, is_passing

log = logging.getLogger(__name__)

PATIENCE_S: Final = 2.0
"""For most requests. An acknowledgement, begun within a second, must be there after three."""
START_S: Final = 60.0
"""For what the bot asks before it hears anything: nobody waits yet, and the alternative is to end."""
START: Final = frozenset({"/users/@me", "/oauth2/applications/@me", "/gateway/bot"})

MOST_RATE_LIMIT_S: Final = 30.0
"""Longest that discord.py waits for a rate limit, and the least that it can be told."""

Ask = Callable[..., Awaitable[Any]]
_BACK_OFF: Final = wait_exponential_jitter(multiplier=0.25, max=8, jitter=0.25)
_REST: Final[Ask] = HTTPClient.request
_WEBHOOK: Final[Ask] = AsyncWebhookAdapter.request
_sent: ContextVar[list[str] | None] = ContextVar("sent", default=None)


def code_of(error: discord.HTTPException) -> int | None:
    """Discord's own code, 0 where its JSON has none; None where it was not Discord that spoke."""
    # As discord.py tells JSON from text.
    return error.code if error.response.headers.get("Content-Type") == "application/json" else None


def is_trouble(error: BaseException) -> bool:
    """Whether a call to Discord failed for a reason that says nothing about what was asked."""
    if isinstance(error, discord.HTTPException):
        return is_passing(error.status, code_of(error))
    return isinstance(error, (discord.RateLimited, aiohttp.ClientError, OSError))


def is_unknown(error: discord.HTTPException) -> bool:
    """Whether Discord itself says that there is no such message any more."""
    return error.status == 404 and error.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The paths of all requests that are made inside, as far as `note` is called for each."""
    sent: list[str] = []
    token = _sent.set(sent)
    try:
        yield sent
    finally:
        _sent.reset(token)


def note(path: str) -> None:
    """A request is on its way."""
    if (sent := _sent.get()) is not None:
        sent.append(path)


def be_patient() -> None:
    """Let discord.py ask again, for this process."""
    HTTPClient.request = _patiently(_REST)  # type: ignore[method-assign,assignment]
    AsyncWebhookAdapter.request = _patiently(_WEBHOOK)  # type: ignore[method-assign,assignment]


def _patiently(ask: Ask) -> Ask:
    @functools.wraps(ask)
    async def again(self: object, route: Route, *args: Any, **kwargs: Any) -> Any:
        patience = START_S if route.path in START else PATIENCE_S
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_is_passing_answer),
            stop=stop_before_delay(patience),
            wait=_wait,
            before_sleep=functools.partial(_log_wait, route),
            reraise=True,
        ):
            with attempt:
                for file in kwargs.get("files") or ():
                    file.reset()
                try:
                    return await ask(self, route, *args, **kwargs)
                except (KeyError, TypeError) as odd:
                    if _is_unreadable_limit(odd):
                        raise aiohttp.ClientPayloadError("a 429 that discord.py cannot read") from odd
                    raise
        raise AssertionError("tenacity ends in an answer or an error")

    return again


def _is_passing_answer(error: BaseException) -> bool:
    """Without broken connections: who has sent something must find out first whether it arrived."""
    return isinstance(error, discord.HTTPException) and is_trouble(error)


def _is_unreadable_limit(odd: KeyError | TypeError) -> bool:
    """discord.py looks for `retry_after` in whatever a webhook's 429 holds, be it a page."""
    return odd.args[:1] == ("retry_after",) or "string indices must be integers" in str(odd)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.response.headers.get("Retry-After") if isinstance(error, discord.HTTPException) else None
    return max(_BACK_OFF(state), seconds(asked))


def seconds(text: str | None) -> float:
    """What a Retry-After says; 0 where it is none, or says something else."""
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0


def _log_wait(route: Route, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome is not None else None
    status = getattr(error, "status", None)
    # Not the error itself: its text is whatever page it was.
    log.info("asking discord again method=%s path=%s status=%s", route.method, route.path, status)
