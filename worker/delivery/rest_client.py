"""A thin client for what a worker asks of Discord: replace a message, by token or as the bot, and react to it.

https://discord.com/developers/docs/resources/webhook#edit-webhook-message and
https://discord.com/developers/docs/resources/message#edit-message. One connection pool is kept alive;
every call has a total deadline, within which rate limits are waited for and hiccups tried again. A PATCH
that replaces a message's whole state changes nothing when it is repeated, so a lost answer is no problem.
"""

import json
import logging
import math
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

import httpx
from redis.exceptions import RedisError

from jobs.observability.metrics import discord_answered
from jobs.rate_limiter import RateLimiter
from jobs.routes import is_passing

_log = logging.getLogger(__name__)

# Discord asks for a URL and a version (https://discord.com/developers/docs/reference#user-agent). There is no
# page of this project to name, and `.invalid` (RFC 2606) can never become somebody else's.
PROJECT_URL: Final = "https://glyphcord.invalid"
USER_AGENT: Final = f"DiscordBot ({PROJECT_URL}, {version('glyphcord')})"
_COMPONENTS_V2: Final = 1 << 15
_TRY_S: Final = 10.0
"""Longest silence of one try, in seconds."""
_FIRST_WAIT_S: Final = 0.25
_REACT_S: Final = 3.0
"""All that a reaction may take, in seconds."""
_REACT_TURN_S: Final = 1.0
"""Longest that one waits for its turn: where the fleet asks as much as it may, edits go first."""


class DiscordUnavailable(Exception):
    """Discord did not take the request before its deadline; the same request may succeed in `wait_s` seconds."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Attachment:
    """A file to upload; `description` is its alt text, `mime` its content type."""

    filename: str
    data: bytes
    description: str
    mime: str = "image/png"


@dataclass(frozen=True)
class Edit:
    """The whole state that a message is to have. Nobody is ever mentioned; other files and buttons go.

    With `only_components` there is no content, and components show the files
    (https://docs.discord.com/developers/components/reference); a message that became one such stays one.
    """

    content: str
    attachments: tuple[Attachment, ...] = ()
    components: tuple[dict[str, Any], ...] = ()
    only_components: bool = False

    def body(self) -> dict[str, Any]:
        """The JSON of the edit; the attachments' bytes travel beside it."""
        return ({"flags": _COMPONENTS_V2} if self.only_components else {}) | {
            "content": None if self.only_components else self.content,
            "attachments": [
                {"id": index, "filename": file.filename, "description": file.description}
                for index, file in enumerate(self.attachments)
            ],
            "components": list(self.components),
            "allowed_mentions": {"parse": []},
        }


@dataclass(frozen=True)
class Response:
    """What Discord said: HTTP status, its own error code (0 if it names none, None if it was not Discord that
    spoke) and its words for operators."""

    status: int
    code: int | None = 0
    message: str = ""


class Discord:
    """Requests against one API base, such as `https://discord.com/api/v10`. Those as the bot take turns."""

    def __init__(self, api_base: str, token: str, rate_limiter: RateLimiter) -> None:
        self._bot = {"Authorization": f"Bot {token}"}
        self._rate_limiter = rate_limiter
        self._http = httpx.Client(
            base_url=api_base.rstrip("/") + "/",
            headers={"User-Agent": USER_AGENT},
            timeout=_TRY_S,
            limits=httpx.Limits(keepalive_expiry=60),
            event_hooks={"response": [_count]},
        )

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def edit_original(self, application_id: str, token: str, edit: Edit, *, deadline: float) -> Response:
        """Replace the message that an interaction's token owns; needs no other authorisation.

        `deadline` is on time.monotonic()'s clock. Raises DiscordUnavailable.
        """
        path = f"webhooks/{application_id}/{quote(token, safe='')}/messages/@original"
        return self._ask("PATCH", path, {}, deadline, **_content(edit))

    def edit_message(self, channel_id: str, message_id: str, edit: Edit, *, deadline: float) -> Response:
        """Replace one of the bot's own messages, as the bot. Raises DiscordUnavailable."""
        path = f"channels/{channel_id}/messages/{message_id}"
        return self._ask("PATCH", path, self._bot, deadline, **_content(edit))

    def react(self, channel_id: str, message_id: str, emoji: str) -> Response | None:
        """Add a reaction as the bot, within 3 s; None when Discord did not take it. Nothing depends on it.

        A channel takes one reaction in a quarter of a second, so two pictures that come together make a 429 of
        the second's; it is waited for. A reaction that is there already stays, so a lost answer is no problem.
        """
        path = f"channels/{channel_id}/messages/{message_id}/reactions/{quote(emoji, safe='')}/@me"
        try:
            return self._ask("PUT", path, self._bot, time.monotonic() + _REACT_S, turn_s=_REACT_TURN_S)
        except DiscordUnavailable:
            return None

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        deadline: float,
        *,
        turn_s: float = math.inf,
        **content: Any,
    ) -> Response:
        """Ask until Discord takes or refuses it, waiting `turn_s` at most for a turn. Raises DiscordUnavailable."""
        wait = _FIRST_WAIT_S
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DiscordUnavailable("no time left to ask Discord")
            if headers and not self._take_turn(min(turn_s, left)):
                raise DiscordUnavailable("others are using up the bot's share of requests", left)
            left = max(0.1, deadline - time.monotonic())  # a turn may have taken its time
            try:
                response = self._http.request(method, path, headers=headers, timeout=min(_TRY_S, left), **content)
            except httpx.RequestError as error:
                discord_answered(method, path, None)
                # Its text names no URL, and the URL (with the interaction's token) must not be logged.
                reason, pause = type(error).__name__, wait
            else:
                if response.status_code == 429:
                    reason, pause = "status 429", self._refused(response)
                else:
                    answer = _answer(response)
                    if not is_passing(answer.status, answer.code):
                        return answer
                    reason, pause = f"status {answer.status}", wait
            pause *= random.uniform(1.0, 1.25)
            if time.monotonic() + pause >= deadline:
                raise DiscordUnavailable(f"{reason}; {pause:.1f} s more do not fit the deadline", pause)
            _log.info("discord not ready reason=%r wait_s=%.2f", reason, pause)
            time.sleep(pause)
            wait *= 2

    def _take_turn(self, most_s: float) -> bool:
        """Wait for this process's turn among the fleet; False if it does not come in time.

        Without Redis nobody knows whose turn it is, and asking too often is only told to wait.
        """
        try:
            wait_s = self._rate_limiter.take(max(0.0, most_s))
        except RedisError:
            return True
        if wait_s is not None:
            time.sleep(wait_s)
        return wait_s is not None

    def _refused(self, response: httpx.Response) -> float:
        """Seconds to wait after a 429; the whole fleet, if it is for all that the bot asks."""
        pause = _retry_after(response)
        if response.headers.get("X-RateLimit-Global") and "Authorization" in response.request.headers:
            with suppress(RedisError):
                self._rate_limiter.hold(pause)
        return pause


def _content(edit: Edit) -> dict[str, Any]:
    """What httpx is to send: JSON alone, or with files a form that holds it."""
    body = edit.body()
    if not edit.attachments:
        return {"json": body}
    files = {
        f"files[{index}]": (file.filename, file.data, file.mime) for index, file in enumerate(edit.attachments)
    }
    return {"data": {"payload_json": json.dumps(body)}, "files": files}


def _count(response: httpx.Response) -> None:
    request, wait_s = response.request, response.headers.get("Retry-After", "")
    asked_s = float(wait_s) if wait_s.replace(".", "", 1).isdigit() else 0.0
    discord_answered(request.method, request.url.path, response.status_code, asked_s)


def _retry_after(response: httpx.Response) -> float:
    """Seconds to wait after a 429: the body's figure is finer than the header's, a proxy sends the header alone."""
    for figure in (_json(response).get("retry_after"), response.headers.get("Retry-After")):
        try:
            return max(0.0, float(str(figure)))
        except ValueError:
            continue
    return 1.0


def _answer(response: httpx.Response) -> Response:
    if not response.is_error:
        return Response(response.status_code)
    body = _json(response)
    if "code" not in body:
        return Response(response.status_code, None)
    code = body["code"]
    return Response(response.status_code, code if isinstance(code, int) else 0, str(body.get("message", ""))[:200])


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
