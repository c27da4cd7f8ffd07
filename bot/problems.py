"""From any error to one sentence for the user and one line for the operator."""

import asyncio
import logging
from dataclasses import dataclass

from bot.log import one_line
from bot.metrics import PROBLEMS
from jobs.connection import REDIS_DOWN, REDIS_FULL
from jobs.problems import SENTENCES, PictureProblem, ServiceProblem, new_reference, told

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """`sentence` is for the user; `code`, `reference` and `detail` are for the log."""

    code: str
    sentence: str
    reference: str
    detail: str


def as_trouble(error: BaseException) -> Trouble:
    """What an error means to a user; an error nobody foresaw is `internal`, with a reference to the log."""
    reference = new_reference()
    if isinstance(error, (PictureProblem, ServiceProblem)):
        return Trouble(error.code, told(error.code, str(error), reference), reference, error.detail)
    if isinstance(error, asyncio.CancelledError):
        return Trouble("restarting", SENTENCES["restarting"], reference, "cut short by a stop")
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, REDIS_DOWN):
        return Trouble("queue_down", told("queue_down", SENTENCES["queue_down"], reference), reference, detail)
    if isinstance(error, REDIS_FULL):
        return Trouble("store_full", told("store_full", SENTENCES["store_full"], reference), reference, detail)
    return Trouble("internal", SENTENCES["internal"].format(reference=reference), reference, detail)


def report(trouble: Trouble, error: BaseException, where: str) -> None:
    """One log line; a traceback follows only for what nobody foresaw. `where` is key=value."""
    level = logging.INFO if isinstance(error, PictureProblem) else logging.WARNING
    if trouble.code == "internal":
        level = logging.ERROR
    PROBLEMS.labels(trouble.code).inc()
    log.log(
        level,
        "problem code=%s reference=%s %s detail=%s",
        trouble.code,
        trouble.reference,
        where,
        one_line(trouble.detail),
        exc_info=error if trouble.code == "internal" else None,
    )
