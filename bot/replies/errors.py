"""From any error to one sentence for the user and one line for the operator."""

import asyncio
import logging
from dataclasses import dataclass

from bot.observability.logs import one_line
from bot.observability.metrics import PROBLEMS
from jobs.connection import REDIS_DOWN, REDIS_FULL
from jobs.text.sentences import PictureProblem, ServiceProblem, new_reference, said_in, sentence, told
from jobs.text.translation import ENGLISH

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """`sentence` is for the user; `code`, `reference` and `detail` are for the log."""

    code: str
    sentence: str
    reference: str
    detail: str


def as_trouble(error: BaseException, language: str = ENGLISH) -> Trouble:
    """What an error means to a user; an error nobody foresaw is `internal`, with a reference to the log."""
    if isinstance(error, (PictureProblem, ServiceProblem)):
        reference = new_reference()
        words = told(error.code, said_in(language, error), reference, language)
        return Trouble(error.code, words, reference, error.detail)
    if isinstance(error, asyncio.CancelledError):
        return trouble_of("restarting", language, "cut short by a stop")
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, REDIS_DOWN):
        return trouble_of("queue_down", language, detail)
    if isinstance(error, REDIS_FULL):
        return trouble_of("store_full", language, detail)
    return trouble_of("internal", language, detail)


def trouble_of(code: str, language: str, detail: str) -> Trouble:
    """A problem whose sentence needs no facts, or none but its reference."""
    reference = new_reference()
    words = told(code, sentence(code, language, reference=reference), reference, language)
    return Trouble(code, words, reference, detail)


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
