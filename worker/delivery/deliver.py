"""A reply's final state on its way to Discord, by the routes of jobs.routes."""

import logging
from collections.abc import Collection
from typing import Final

from prometheus_client import Counter

from jobs.observability.metrics import PREFIX
from jobs.routes import Route, Verdict, interpret, routes
from jobs.schema import Reply
from worker.delivery.rest_client import Discord, DiscordUnavailable, Edit

_log = logging.getLogger(__name__)

DELIVERIES: Final = Counter(
    f"{PREFIX}deliveries_total",
    "Edits of a reply by route (token, bot) and what became of them.",
    ["route", "verdict"],
)

TROUBLE_S: Final = 10.0
"""When to ask again where a bot's token is not taken: it is being exchanged, which takes longer than a hiccup."""


SEEMS_CLOSED: Final = frozenset({Verdict.CLOSED, Verdict.GONE})
"""After these another route is tried."""


def tell(discord: Discord, reply: Reply, sentence: str, *, now: float, deadline: float) -> Verdict:
    """Put a sentence in the picture's place, by whichever route takes it. Raises DiscordUnavailable."""
    passed_over = SEEMS_CLOSED | {Verdict.FORBIDDEN}
    return deliver(discord, reply, Edit(sentence), now=now, deadline=deadline, pass_over=passed_over)


def deliver(
    discord: Discord,
    reply: Reply,
    edit: Edit,
    *,
    now: float,
    deadline: float,
    pass_over: Collection[Verdict] = SEEMS_CLOSED,
) -> Verdict:
    """Give the reply its final state by the first route that is open; GONE or CLOSED when none seems to be.

    `now` is Unix time, `deadline` on time.monotonic()'s clock. Raises DiscordUnavailable when Discord did not
    answer in time, or with nothing that says anything about the message.
    """
    met = []
    for route in routes(reply, now):
        if route is Route.TOKEN:
            response = discord.edit_original(reply.application_id, reply.token or "", edit, deadline=deadline)
        else:
            response = discord.edit_message(reply.channel_id, reply.message_id, edit, deadline=deadline)
        verdict = interpret(route, response.status, response.code)
        DELIVERIES.labels(route, verdict).inc()
        if verdict is not Verdict.DONE:
            expected = verdict in SEEMS_CLOSED
            _log.log(
                logging.INFO if expected else logging.WARNING,
                "discord refused route=%s status=%d code=%s verdict=%s message=%r",
                route,
                response.status,
                response.code,
                verdict,
                response.message,
            )
        if verdict is Verdict.TROUBLE:
            raise DiscordUnavailable(f"status {response.status} on the route {route}", TROUBLE_S)
        met.append(verdict)
        if verdict not in pass_over:
            return verdict
    # What says most: that it is gone, then that it may not be written to.
    return next((verdict for verdict in (Verdict.GONE, Verdict.FORBIDDEN) if verdict in met), Verdict.CLOSED)
