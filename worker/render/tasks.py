"""What the queue calls by name: `render` draws one request, `tell_failure` ends one that cannot be drawn.

Both may run more than once for one job (a killed worker, a lost answer, a retry), so both claim the right to
write first, and replace the message's whole state rather than add to it. A user reads only sentences of
`jobs.text.sentences`; what an operator needs stands in the log under the same reference.
"""

import logging
import math
import time
from typing import Any, Final

from prometheus_client import Counter, Histogram
from pydantic import ValidationError

from jobs import clock
from jobs.lifecycle.job import Claim
from jobs.observability.metrics import PREFIX
from jobs.records import faults_of
from jobs.routes import Verdict, routes
from jobs.rq_adapter.job import BadRequest, Postponed, times_postponed
from jobs.schema import Outcome, RenderRequest, RenderResult, Reply
from jobs.text.choices import focus_name
from jobs.text.sentences import new_reference, sentence
from worker.delivery.deliver import tell
from worker.delivery.rest_client import DiscordUnavailable
from worker.render.job import LeftToBot, Tools, answer, job_hook, try_id

_log = logging.getLogger(__name__)

TELL_FAILURE_S: Final = 6.0
"""Seconds for the message after a failure, which may come at the very end of a job's time."""
FIRST_WAIT_S: Final = 10
LONGEST_WAIT_S: Final = 120
"""A job that Discord does not take goes back to the queue for so long, twice as long each time."""

STAGE: Final = Histogram(
    f"{PREFIX}stage_seconds",
    "Each stage of a job: decode, tone, generator, paint, encode, post, tell.",
    ["stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_LONG: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800, 3600)
WAITED: Final = Histogram(
    f"{PREFIX}job_wait_seconds", "From a job's making to its drawing, tries included.", buckets=_LONG
)
ANSWERED: Final = Histogram(f"{PREFIX}answer_seconds", "From a job's making to its end.", buckets=_LONG)
JOBS: Final = Counter(
    f"{PREFIX}jobs_total", "Jobs ended, by outcome and code (see jobs.schema).", ["outcome", "code"]
)


class _Shared:
    """RQ calls tasks by name, so what they share must stand in the module."""

    tools: Tools | None = None


def equip(tools: Tools) -> None:
    """Hand the tasks of this process what they work with; once, before the first job."""
    _Shared.tools = tools


def render(payload: dict[str, Any]) -> dict[str, Any] | Postponed:
    """Draw one RenderRequest and put the picture, or the reason why not, on its message.

    Returns the RenderResult as JSON (empty when a bot is to end this job), or Postponed when Discord does not
    answer: later, as long as the request's deadline allows. Raises BadRequest (not tried again) for another
    kind of payload, and DiscordUnavailable when there is no time left for a later try.
    """
    tools = current_tools()
    request = _parse(payload)
    before = tools.jobs.result_of(request.job_id)
    if before is not None:
        _log.info("job again id=%s outcome=%s; it had ended before", request.job_id, before.outcome)
        return before.model_dump(mode="json")
    hook = job_hook(tools, request)
    stages = hook.milliseconds
    try:
        ending = answer(tools, request, hook)
    except DiscordUnavailable as error:
        return _later(request, error)
    except LeftToBot as reason:
        level = logging.WARNING if reason.ending is None else logging.INFO
        _log.log(level, "job left to the bot id=%s reason=%r", request.job_id, str(reason))
        if reason.ending is not None:
            JOBS.labels(reason.ending.outcome, reason.ending.code).inc()
        return {}
    result = RenderResult(
        job_id=request.job_id,
        outcome=ending.outcome,
        code=ending.code,
        palette=request.options.palette,
        columns=ending.drawing.columns if ending.drawing else 0,
        rows=ending.drawing.rows if ending.drawing else 0,
        background=ending.drawing.background if ending.drawing else None,
        model=ending.renderer.name if ending.renderer else "",
        model_version=ending.renderer.version if ending.renderer else "",
        worker=tools.worker,
        stages_ms=stages,
        finished_at=clock.now(),
    )
    tools.jobs.finish(result, seconds=sum(stages.values()) / 1000 / len(request.shas))
    job_ended(result, request.created_at)
    if result.outcome == "posted" and request.first_reaction:
        tools.automatic_reactions.add(request)
    _log.info(
        "job done id=%s outcome=%s code=%s palette=%s cells=%dx%d paper=%s focus=%s waited_s=%.1f %s model=%s "
        "version=%s",
        request.job_id,
        result.outcome,
        result.code or "-",
        result.palette,
        result.columns,
        result.rows,
        result.background or "-",
        focus_name(request.options.focus),
        max(0.0, result.finished_at - request.created_at - sum(stages.values()) / 1000),
        " ".join(f"{stage}_ms={ms:g}" for stage, ms in stages.items()),
        result.model,
        result.model_version,
    )
    return result.model_dump(mode="json")


def tell_failure(job_id: str, payload: object, reason: str) -> None:
    """After the last try, tell the user once, unless the job ended otherwise.

    Called in the worker that tried; for a job whose worker died, in whichever worker finds it.
    """
    tools, reference = current_tools(), new_reference()
    reply, request = _reply_of(payload), _request_of(payload)
    if reply is None:
        _log.error("job lost id=%s reference=%s reason=%s told=no; no reply in it", job_id, reference, reason)
        return
    outcome: Outcome = "failed"
    match tools.jobs.abandon(job_id, try_id(tools), request=request):
        case Claim.ENDED:
            _log.info("job over id=%s reason=%s; it had ended before", job_id, reason)
            return
        case Claim.STALE:
            outcome, told = "stale", "no"
        case Claim.GRANTED:
            try:
                words = sentence("internal", reply.language, reference=reference)
                deadline = time.monotonic() + TELL_FAILURE_S
                told = tell(tools.discord, reply, words, now=clock.now(), deadline=deadline)
                if told is not Verdict.DONE and routes(reply, clock.now()):
                    raise DiscordUnavailable(f"refused: {told}")
            except DiscordUnavailable as unavailable:
                # Without a result the reply stays pending, and the bot goes on trying.
                _log.error(
                    "job failed id=%s reference=%s reason=%s told='no (%s)'", job_id, reference, reason, unavailable
                )
                return
        case _:
            # An earlier try may have posted the picture and died before it could say so.
            _log.error(
                "job failed id=%s reference=%s reason=%s told=no; left to the bot", job_id, reference, reason
            )
            return
    now = clock.now()
    result = RenderResult(job_id=job_id, outcome=outcome, code="internal", worker=tools.worker, finished_at=now)
    tools.jobs.finish(result)
    _log.error("job failed id=%s reference=%s reason=%s told=%r", job_id, reference, reason, told)
    job_ended(result, request.created_at if request is not None else now)


def _later(request: RenderRequest, error: DiscordUnavailable) -> Postponed:
    """Give the job back for a while, or raise the error when its deadline would pass meanwhile."""
    tries = times_postponed()
    wait_s = math.ceil(max(error.wait_s, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 10))))
    if clock.now() + wait_s >= request.deadline_at:
        raise error
    _log.warning("job postponed id=%s wait_s=%d tries=%d reason=%r", request.job_id, wait_s, tries + 1, str(error))
    return Postponed(wait_s)


def _parse(payload: object) -> RenderRequest:
    try:
        return RenderRequest.model_validate(payload)
    except ValidationError as error:
        # `from None`, since the original's text quotes the values and with them the interaction's token.
        raise BadRequest(f"not a request of a version this worker knows ({faults_of(error)})") from None


def _request_of(payload: object) -> RenderRequest | None:
    try:
        return RenderRequest.model_validate(payload)
    except ValidationError:
        return None


def _reply_of(payload: object) -> Reply | None:
    """The reply alone, which may be readable where the rest of a request is not (another schema version)."""
    try:
        return Reply.model_validate(payload["reply"] if isinstance(payload, dict) else None)
    except (KeyError, ValidationError):
        return None


def current_tools() -> Tools:
    """What this process was equipped with. Raises RuntimeError if it was not."""
    if _Shared.tools is None:
        raise RuntimeError("worker.render.tasks.equip was not called in this process")
    return _Shared.tools


def job_ended(result: RenderResult, created_at: float) -> None:
    """Count a job; `created_at` in Unix seconds."""
    JOBS.labels(result.outcome, result.code).inc()
    for stage, ms in result.stages_ms.items():
        STAGE.labels(stage).observe(ms / 1000)
    answered = max(0.0, result.finished_at - created_at)
    ANSWERED.observe(answered)
    WAITED.observe(max(0.0, answered - sum(result.stages_ms.values()) / 1000))
