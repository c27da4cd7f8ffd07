"""From any error to one sentence for the user and one line for the operator."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter

from bot.gateway.retries import is_trouble
from jobs.connection import REDIS_DOWN, REDIS_FULL
from jobs.lifecycle.job import EndReason
from jobs.observability.logs import one_line
from jobs.observability.metrics import PREFIX
from jobs.schema import Outcome
from jobs.text.sentences import PictureProblem, ServiceProblem, is_ours, new_reference, sentence, with_reference
from jobs.text.translation import ENGLISH

log = logging.getLogger(__name__)

PROBLEMS: Final = Counter(
    f"{PREFIX}problems_total",
    "Sentences that this bot said in a picture's place, by code of jobs.text.sentences.",
    ["code"],
)


@dataclass(frozen=True)
class Failure:
    """`sentence` is for the user; `code`, `reference` and `detail` are for the log."""

    code: str
    sentence: str
    reference: str
    detail: str

    def as_reason(self, outcome: Outcome) -> EndReason:
        """What to write down of it, for another bot that has to say it."""
        return EndReason(outcome=outcome, code=self.code, sentence=self.sentence)


def failure_from(error: BaseException, language: str = ENGLISH) -> Failure:
    """What an error means to a user; an error nobody foresaw is `internal`, with a reference to the log."""
    if isinstance(error, (PictureProblem, ServiceProblem)):
        return failure_of(error.code, language, error.detail, **error.facts)
    if isinstance(error, asyncio.CancelledError):
        return failure_of("restarting", language, "cut short by a stop")
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, REDIS_DOWN):
        return failure_of("queue_down", language, detail)
    if isinstance(error, REDIS_FULL):
        return failure_of("store_full", language, detail)
    if is_trouble(error):
        return failure_of("lost", language, detail)
    return failure_of("internal", language, detail)


def failure_of(code: str, language: str, detail: str, **facts: object) -> Failure:
    """A problem by its code; `facts` fill its sentence."""
    reference = new_reference()
    words = sentence(code, language, **({"reference": reference} | facts))
    return Failure(code, with_reference(code, words, reference, language), reference, detail)


def report(failure: Failure, error: BaseException, where: str) -> None:
    """One log line; a traceback follows only for what nobody foresaw. `where` is key=value."""
    # A member's mistake, or a rule that did its work, is nothing for an operator to look at.
    level = logging.WARNING if is_ours(failure.code) else logging.INFO
    if failure.code == "internal":
        level = logging.ERROR
    PROBLEMS.labels(failure.code).inc()
    log.log(
        level,
        "problem code=%s reference=%s %s detail=%s",
        failure.code,
        failure.reference,
        where,
        one_line(failure.detail),
        exc_info=error if failure.code == "internal" else None,
    )
