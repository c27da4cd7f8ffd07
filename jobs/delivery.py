"""Which way a reply goes to Discord, and what each answer means: one rule for bot and worker.

The interaction's token is tried first while it lives (it needs no permission and shares no bucket with the
bot), then the bot's own right to edit its message. A private reply can be reached by its token only.
Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from enum import StrEnum
from typing import Final

from jobs.schema import Reply

TOKEN_S: Final = 14.5 * 60
"""An interaction's token lasts 15 minutes; half a minute is kept for the last request to arrive."""

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


def interpret(route: Route, status: int, code: int) -> Verdict:
    """What an answer (never a 429 or 5xx: those are waited out) means on a route: HTTP's status, Discord's code."""
    if 200 <= status < 300:
        return Verdict.DONE
    if status == 413 or code == TOO_LARGE:
        return Verdict.TOO_LARGE
    if status == 401:
        return Verdict.CLOSED
    if status == 403:
        return Verdict.FORBIDDEN
    if status == 404:
        # Discord answers 404 for an expired token, and now and then for a valid one: only its own word that
        # the message is gone counts there. As the bot, a 404 can mean nothing else.
        gone = route is Route.BOT or code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL)
        return Verdict.GONE if gone else Verdict.CLOSED
    return Verdict.REJECTED
