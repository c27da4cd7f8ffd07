"""What the queue calls by name: `render` draws one request, `tell_failure` ends one that cannot be drawn.

Both may run more than once for one job (a killed worker, a lost answer, a retry), so both claim the right to
write first, and replace the message's whole state rather than add to it. A user reads only sentences of
`jobs.text.sentences`; what an operator needs stands in the log under the same reference.
"""

import logging
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from pydantic import ValidationError
from redis import Redis

from jobs.delivery import Verdict
from jobs.lifecycle.job import Claim, EndReason, Jobs
from jobs.lifecycle.messages import Messages
from jobs.pictures import PictureStore
from jobs.rq_adapter.job import BadRequest, Postponed, times_postponed
from jobs.schema import Outcome, RenderRequest, RenderResult, Reply
from jobs.text.choices import focus_name
from jobs.text.sentences import (
    PictureProblem,
    ServiceProblem,
    new_reference,
    sentence,
    sentence_for,
    with_reference,
)
from models.rendering.pipeline import Drawing
from models.rendering.renderer import Renderer, WeightsError
from worker.delivery.automatic_reactions import AutomaticReactions
from worker.delivery.deliver import deliver, tell
from worker.delivery.rest_client import Discord, DiscordUnavailable, Edit
from worker.delivery.result_message import edit_of
from worker.observability.metrics import job_ended
from worker.queue.circuit_breaker import CircuitBreaker
from worker.render.decoder import Decoder
from worker.render.engine import Engine
from worker.render.pipeline import Stages, draw, timed

_log = logging.getLogger(__name__)

POST_S: Final = 20.0
"""Seconds that one job may spend with Discord, out of JOB_TIMEOUT_S."""
TELL_FAILURE_S: Final = 6.0
"""The same for the message after a failure, which may come at the very end of a job's time."""
FIRST_WAIT_S: Final = 10
LONGEST_WAIT_S: Final = 120
"""A job that Discord does not take goes back to the queue for so long, twice as long each time."""
LOOK_EVERY_S: Final = 0.04
"""How often at most Redis is asked whether a job is cancelled; some stages take a millisecond or two."""
FRAMES_EVERY_S: Final = 1.0
"""How often an animation's progress is written down."""


class LeftToBot(Exception):
    """A bot is ending this job, or must: only after a look at the message can it be known what to write there."""


@dataclass(frozen=True)
class Tools:
    """What every job of this process shares, made once: connections, stores, the warm model."""

    engine: Engine
    decoder: Decoder
    breaker: CircuitBreaker
    discord: Discord
    automatic_reactions: AutomaticReactions
    redis: Redis
    jobs: Jobs
    messages: Messages
    pictures: PictureStore
    worker: str


@dataclass(frozen=True)
class Ending:
    """How a job ended, and with which code of `jobs.text.sentences` if not well."""

    outcome: Outcome
    code: str = ""
    drawing: Drawing | None = None
    renderer: Renderer | None = None


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
    stages = Stages()
    try:
        ending = _answer(tools, request, stages)
    except DiscordUnavailable as error:
        return _later(request, error)
    except LeftToBot as reason:
        _log.warning("job left to the bot id=%s reason=%r", request.job_id, str(reason))
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
        finished_at=time.time(),
    )
    tools.jobs.finish(result, seconds=sum(stages.values()) / 1000)
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
    match tools.jobs.abandon(job_id, _try_id(tools), request=request):
        case Claim.ENDED:
            _log.info("job over id=%s reason=%s; it had ended before", job_id, reason)
            return
        case Claim.STALE:
            outcome, told = "stale", "no"
        case Claim.GRANTED:
            try:
                words = sentence("internal", reply.language, reference=reference)
                deadline = time.monotonic() + TELL_FAILURE_S
                told = tell(tools.discord, reply, words, now=time.time(), deadline=deadline)
            except DiscordUnavailable as unavailable:
                # Without a result the reply stays pending, and the bot goes on trying.
                _log.error(
                    "job failed id=%s reference=%s reason=%s told='no (%s)'", job_id, reference, reason, unavailable
                )
                return
            outcome = "gone" if told is Verdict.GONE else "failed"
        case _:
            # An earlier try may have posted the picture and died before it could say so.
            _log.error(
                "job failed id=%s reference=%s reason=%s told=no; left to the bot", job_id, reference, reason
            )
            return
    now = time.time()
    result = RenderResult(job_id=job_id, outcome=outcome, code="internal", worker=tools.worker, finished_at=now)
    tools.jobs.finish(result)
    job_ended(result, request.created_at if request is not None else now)
    _log.error("job failed id=%s reference=%s reason=%s told=%r", job_id, reference, reason, told)


def _answer(tools: Tools, request: RenderRequest, stages: Stages) -> Ending:
    """Draw and deliver, or tell the user why not. Raises LeftToBot when that is not ours to write."""
    start, this_try = time.monotonic(), _try_id(tools)
    if not tools.messages.is_newest(request):
        return Ending("stale")
    try:
        # Once for the whole job: what is exchanged meanwhile is for the next one.
        renderer = _renderer(tools.engine, request.options.style)
        drawing = _draw(tools, request, renderer, stages)
        tools.breaker.record_success()
        took_s = time.monotonic() - start
        edit = edit_of(request, drawing, model=f"{renderer.name} {renderer.version}", took_s=took_s)
        # From here on a bot that finds the job overdue keeps its hands off the message.
        claim = tools.jobs.claim(request.job_id, this_try, request=request)
        if claim is Claim.STALE:
            return Ending("stale", drawing=drawing, renderer=renderer)
        if not claim.may_write:
            raise LeftToBot("a bot has ended it")
        return replace(timed(stages, "post", lambda: _post(tools, request, edit, drawing)), renderer=renderer)
    except (PictureProblem, ServiceProblem) as problem:
        outcome: Outcome = "refused" if isinstance(problem, PictureProblem) else "failed"
        if problem.code == "cancelled":
            outcome = "cancelled"
        code, reference = problem.code, new_reference()
        _log.info(
            "job refused id=%s code=%s reference=%s detail=%r", request.job_id, code, reference, problem.detail
        )
        language = request.reply.language
        words = with_reference(code, sentence_for(problem, language), reference, language)
        reason = EndReason(outcome=outcome, code=code, sentence=words)
        match tools.jobs.abandon(request.job_id, this_try, reason, request=request):
            case Claim.GRANTED:
                return timed(stages, "tell", lambda: _refuse(tools, request, outcome, code, words))
            case Claim.STALE:
                return Ending("stale")
            case _:
                # By an earlier try of ours, which may have posted the picture, or by a bot.
                raise LeftToBot(f"{code}, but the end was begun before") from None


def _try_id(tools: Tools) -> str:
    """Names one try at a job: what this one has written, only this one knows."""
    return f"{tools.worker}:{secrets.token_hex(4)}"


def _renderer(engine: Engine, style: str | None) -> Renderer:
    """What draws. Raises WeightsError, and ServiceProblem `unknown_style` or `style_broken`."""
    try:
        return engine.renderer_for(style)
    except WeightsError as error:
        if style in (None, engine.default):
            raise
        # This worker draws with other models: asking for a style must not make one after another stand aside.
        raise ServiceProblem("style_broken", str(error)[:200]) from None


def _draw(tools: Tools, request: RenderRequest, renderer: Renderer, stages: Stages) -> Drawing:
    """The finished picture.

    Raises PictureProblem, or ServiceProblem `cancelled`, `expired`, `picture_gone`, `gpu_full` or, for an
    animation, `too_large_result`.
    """
    go_on = _patience(tools, request)
    go_on()
    data = tools.pictures.get(request.picture)
    if data is None:
        raise ServiceProblem("picture_gone", f"no picture {request.picture[:12]}")
    try:
        return draw(
            renderer,
            tools.decoder,
            data,
            request.options,
            stages=stages,
            upload_limit=request.upload_limit,
            go_on=go_on,
            on_frames=_frames_noted(tools, request),
        )
    except torch.OutOfMemoryError as error:
        tools.breaker.record_failure(request.job_id, "OutOfMemoryError")
        raise ServiceProblem("gpu_full", str(error)[:200]) from None


def _frames_noted(tools: Tools, request: RenderRequest) -> Callable[[int, int], None]:
    """Writes down how far an animation is, now and then, for the bot to tell."""
    noted_at = -FRAMES_EVERY_S

    def note(done: int, total: int) -> None:
        nonlocal noted_at
        if time.monotonic() - noted_at >= FRAMES_EVERY_S:
            noted_at = time.monotonic()
            tools.jobs.progress(request.job_id, (done, total))

    return note


def _patience(tools: Tools, request: RenderRequest) -> Callable[[], None]:
    """To be called between stages: raises ServiceProblem `cancelled` or `expired` when nobody waits any more."""
    looked_at = -LOOK_EVERY_S

    def go_on() -> None:
        nonlocal looked_at
        if time.monotonic() - looked_at >= LOOK_EVERY_S:
            looked_at = time.monotonic()
            if tools.jobs.progress(request.job_id):
                raise ServiceProblem("cancelled")
        late = time.time() - request.deadline_at
        if late > 0:
            raise ServiceProblem("expired", f"{late:.0f} s past its deadline")

    return go_on


def _post(tools: Tools, request: RenderRequest, edit: Edit, drawing: Drawing) -> Ending:
    """Put the picture on the message. Raises ServiceProblem when Discord will never take it."""
    deadline = time.monotonic() + POST_S
    match deliver(tools.discord, request.reply, edit, now=time.time(), deadline=deadline):
        case Verdict.DONE:
            return Ending("posted", drawing=drawing)
        case Verdict.GONE:
            return Ending("gone", drawing=drawing)
        case Verdict.FORBIDDEN:
            raise ServiceProblem("no_permission", "Discord answered 403")
        case Verdict.TOO_LARGE:
            sizes = ", ".join(str(len(file.data)) for file in edit.attachments)
            raise ServiceProblem("too_large_result", f"{sizes} bytes, said Discord")
        case Verdict.CLOSED:
            # Neither the token nor the bot can reach the message, so there is nobody to tell.
            return Ending("failed", "unreachable", drawing)
        case Verdict.REJECTED:
            reference = new_reference()
            raise ServiceProblem("internal", f"reference={reference} Discord rejected it", reference=reference)


def _refuse(tools: Tools, request: RenderRequest, outcome: Outcome, code: str, words: str) -> Ending:
    deadline = time.monotonic() + POST_S
    verdict = tell(tools.discord, request.reply, words, now=time.time(), deadline=deadline)
    if verdict is Verdict.GONE:
        return Ending("gone", code)
    if verdict is not Verdict.DONE:
        _log.warning("user not told id=%s code=%s verdict=%s", request.job_id, code, verdict)
    return Ending(outcome, code)


def _later(request: RenderRequest, error: DiscordUnavailable) -> Postponed:
    """Give the job back for a while, or raise the error when its deadline would pass meanwhile."""
    tries = times_postponed()
    wait_s = math.ceil(max(error.wait_s, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 10))))
    if time.time() + wait_s >= request.deadline_at:
        raise error
    _log.warning("job postponed id=%s wait_s=%d tries=%d reason=%r", request.job_id, wait_s, tries + 1, str(error))
    return Postponed(wait_s)


def _parse(payload: object) -> RenderRequest:
    try:
        return RenderRequest.model_validate(payload)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        where = ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)
        # `from None`, since the original's text quotes the values and with them the interaction's token.
        raise BadRequest(f"not a request of a version this worker knows ({where})") from None


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
