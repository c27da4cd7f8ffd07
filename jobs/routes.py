"""Which way a reply goes to Discord, and what each answer means: one rule for bot and worker.

The interaction's token is tried first while it lives (it needs no permission and shares no bucket with the
bot), then the bot's own right to edit its message. A private reply can be reached by its token only.

Not every answer is Discord's: a proxy on the way says in HTML that it let nothing through, and that is over in a
moment. Nor is every answer of Discord's the last word on a message: it now and then knows a valid token or message
only at the second time. So a message counts as out of reach once every way to it has been refused for a minute
(`Jobs.refused`).
Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from enum import StrEnum
from typing import Final

from jobs.schema import Reply

TOKEN_S: Final = 14.5 * 60
"""An interaction's token lasts 15 minutes; half a minute is kept for the last request to arrive."""

BLOCKED: Final = 40333
"""In JSON, and yet not about the request: the edge has taken it for a robot's."""

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
TOO_LARGE: Final = 40005


class Route(StrEnum):
    """The two ways to a message."""

    TOKEN = "token"  # noqa: S105 the name of a route
    BOT = "bot"


class Verdict(StrEnum):
    """What became of an edit. `CLOSED`: this route seems to lead nowhere. `TROUBLE`: nothing is known."""

    DONE = "done"
    CLOSED = "closed"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too_large"
    REJECTED = "rejected"
    TROUBLE = "trouble"


def routes(reply: Reply, now: float) -> list[Route]:
    """The routes worth trying at Unix time `now`, best first."""
    found = []
    if reply.token is not None and now < reply.token_expires_at:
        found.append(Route.TOKEN)
    if not reply.private:
        found.append(Route.BOT)
    return found


def is_hiccup(status: int) -> bool:
    """Whether a status alone says that the server could not answer just now."""
    return status in (408, 425, 429) or status >= 500


def is_passing(status: int, code: int | None) -> bool:
    """Whether an answer speaks of trouble on the way, so that the same request may succeed in a moment.

    `code` is Discord's own, 0 where its JSON has none, None where the answer is no JSON of Discord's.
    """
    if 200 <= status < 300 or status == 413:  # a proxy's word on a size is as good as Discord's
        return False
    return is_hiccup(status) or code in (None, BLOCKED) or (status == 403 and code == 0)


def interpret(route: Route, status: int, code: int | None) -> Verdict:
    """What an answer means on a route: HTTP's status, and `code` as for `is_passing`."""
    verdict = Verdict.REJECTED
    if 200 <= status < 300:
        verdict = Verdict.DONE
    elif is_passing(status, code):
        verdict = Verdict.TROUBLE
    elif status == 413 or code == TOO_LARGE:
        verdict = Verdict.TOO_LARGE
    elif status == 401:
        # As the bot: its token was changed a moment ago, which says nothing about the message.
        verdict = Verdict.CLOSED if route is Route.TOKEN else Verdict.TROUBLE
    elif status == 403:
        verdict = Verdict.FORBIDDEN
    elif status == 404:
        # Discord answers 404 for an expired token, and now and then for a valid one: only its own word that
        # the message is gone counts.
        verdict = Verdict.GONE if code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL) else Verdict.CLOSED
    return verdict
