"""Which way a reply goes to Discord, and what each answer means.

The interaction's token is tried first while it lives (it needs no permission and shares no bucket with the
bot), then the bot's own right to edit its message. A private reply can be reached by its token only.
Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import logging
from enum import StrEnum
from typing import Final

from jobs.schema import Reply
from worker.delivery.rest_client import Discord, Edit, Response
from worker.observability.metrics import DELIVERIES

_log = logging.getLogger(__name__)

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
TOO_LARGE: Final = 40005


class Route(StrEnum):
    """The two ways to a message."""

    TOKEN = "token"  # noqa: S105 the name of a route
    BOT = "bot"


class Verdict(StrEnum):
    """What became of an edit. `CLOSED`: this route leads nowhere any more, another may."""

    DONE = "done"
    CLOSED = "closed"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too_large"
    REJECTED = "rejected"


def routes(reply: Reply, now: float) -> list[Route]:
    """The routes worth trying at Unix time `now`, best first."""
    found = []
    if reply.token is not None and now < reply.token_expires_at:
        found.append(Route.TOKEN)
    if not reply.private:
        found.append(Route.BOT)
    return found


def judge(route: Route, answer: Response) -> Verdict:
    """What an answer (never a 429 or 5xx: those are waited out) means on a route."""
    if 200 <= answer.status < 300:
        return Verdict.DONE
    if answer.status == 413 or answer.code == TOO_LARGE:
        return Verdict.TOO_LARGE
    if answer.status == 401:
        return Verdict.CLOSED
    if answer.status == 403:
        return Verdict.FORBIDDEN
    if answer.status == 404:
        # Discord answers 404 for an expired token, and now and then for a valid one: only its own word that
        # the message is gone counts there. As the bot, a 404 can mean nothing else.
        gone = route is Route.BOT or answer.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL)
        return Verdict.GONE if gone else Verdict.CLOSED
    return Verdict.REJECTED


def deliver(discord: Discord, reply: Reply, edit: Edit, *, now: float, deadline: float) -> Verdict:
    """Give the reply its final state by the first route that is open; CLOSED when none is.

    `now` is Unix time, `deadline` on time.monotonic()'s clock. Raises DiscordUnavailable when Discord did not
    answer in time.
    """
    return _try_routes(discord, reply, edit, now=now, deadline=deadline, pass_over={Verdict.CLOSED})


def tell(discord: Discord, reply: Reply, sentence: str, *, now: float, deadline: float) -> Verdict:
    """Put a sentence in the picture's place, by whichever route takes it. Raises DiscordUnavailable."""
    passed_over = {Verdict.CLOSED, Verdict.FORBIDDEN}
    return _try_routes(discord, reply, Edit(sentence), now=now, deadline=deadline, pass_over=passed_over)


def _try_routes(
    discord: Discord, reply: Reply, edit: Edit, *, now: float, deadline: float, pass_over: set[Verdict]
) -> Verdict:
    verdict = Verdict.CLOSED
    for route in routes(reply, now):
        if route is Route.TOKEN:
            answer = discord.edit_original(reply.application_id, reply.token or "", edit, deadline=deadline)
        else:
            answer = discord.edit_message(reply.channel_id, reply.message_id, edit, deadline=deadline)
        verdict = judge(route, answer)
        DELIVERIES.labels(route, verdict).inc()
        if verdict is not Verdict.DONE:
            expected = verdict in (Verdict.CLOSED, Verdict.GONE)
            _log.log(
                logging.INFO if expected else logging.WARNING,
                "discord refused route=%s status=%d code=%d verdict=%s message=%r",
                route,
                answer.status,
                answer.code,
                verdict,
                answer.message,
            )
        if verdict not in pass_over:
            return verdict
    return verdict
