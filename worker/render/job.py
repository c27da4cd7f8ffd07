"""One request, from the picture's bytes to the last state of its message; or the reason why there is no picture."""

import io
import logging
import secrets
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from PIL import Image
from redis import Redis

from jobs import clock
from jobs.lifecycle.job import Claim, EndReason, Jobs
from jobs.lifecycle.messages import Messages
from jobs.observability import tracing as trace
from jobs.pictures import PictureStore
from jobs.routes import Route, Verdict, routes
from jobs.schema import Outcome, RenderRequest, Reply, Variant
from jobs.text.sentences import PictureProblem, ServiceProblem, is_ours, new_reference, sentence_for, with_reference
from models import limits
from models.formats import ANIMATION
from models.inference.runtime import OutOfMemory
from models.options import RenderOptions
from models.rendering import pipeline
from models.rendering.pipeline import PNG, Drawing, Hook, TooLarge
from models.rendering.renderer import Renderer
from models.weights_file import WeightsError
from worker.delivery.automatic_reactions import AutomaticReactions
from worker.delivery.comparison import edit_of_comparison
from worker.delivery.deliver import deliver, tell
from worker.delivery.rest_client import Discord, DiscordUnavailable, Edit
from worker.delivery.result_message import edit_of
from worker.delivery.several_pictures import Part, edit_of_several
from worker.queue.circuit_breaker import CircuitBreaker
from worker.render.decoder import Decoder
from worker.render.engine import Engine
from worker.render.photo import photo_of
from worker.render.several_pictures import draw_all

_log = logging.getLogger(__name__)

POST_S: Final = 20.0
"""Seconds that one job may spend with Discord, out of JOB_TIMEOUT_S."""
LOOK_EVERY_S: Final = 0.04
"""How often at most Redis is asked whether a job is cancelled; some stages take a millisecond or two."""
FRAMES_EVERY_S: Final = 1.0
"""How often an animation's progress is written down."""
GENERATOR_S: Final = 12.0
"""Seconds after which no frame is begun: a job has JOB_TIMEOUT_S for everything, and decoding may take 10."""


class LeftToBot(Exception):
    """A bot is ending this job, or must, after a look, or for who asked alone; `ending` if this try settled how."""

    def __init__(self, reason: str, ending: "Ending | None" = None) -> None:
        super().__init__(reason)
        self.ending = ending


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


def answer(tools: Tools, request: RenderRequest, hook: Hook) -> Ending:
    """Draw and deliver, or tell the user why not. Raises LeftToBot when that is not ours to write."""
    this_try = try_id(tools)
    if not tools.messages.is_newest(request):
        return Ending("stale")
    tools.jobs.begin(request.job_id)
    try:
        # Once for the whole job: what is exchanged meanwhile is for the next one.
        renderer = _renderer(tools.engine, request.options.style)
        parts = draw_all(
            request,
            partial(_draw_one, tools=tools, request=request, renderer=renderer, hook=hook),
            begins=lambda number, total: tools.jobs.progress(request.job_id, pictures=(number, total)),
        )
        drawing = next(part.drawing for part in parts if part.drawing is not None)
        tools.breaker.record_success()
        edit = _edit_of(tools, request, parts, renderer.name, hook)
        # From here on a bot that finds the job overdue keeps its hands off the message.
        claim = tools.jobs.claim(request.job_id, this_try, request=request)
        if claim is Claim.STALE:
            return Ending("stale", drawing=drawing, renderer=renderer)
        if not claim.may_write:
            raise LeftToBot("a bot has ended it")
        return replace(hook.timed("post", lambda: _post(tools, request, edit, drawing)), renderer=renderer)
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
        if not is_ours(code) and (code == "cancelled" or Route.TOKEN in routes(request.reply, clock.now())):
            if tools.jobs.leave(request.job_id, this_try, reason, request=request) is Claim.STALE:
                return Ending("stale")
            raise LeftToBot(f"{code}, for its user alone", Ending(outcome, code)) from None
        match tools.jobs.abandon(request.job_id, this_try, reason, request=request):
            case Claim.GRANTED:
                return hook.timed("tell", lambda: _refuse(tools, request, outcome, code, words))
            case Claim.STALE:
                return Ending("stale")
            case _:
                # By an earlier try of ours, which may have posted the picture, or by a bot; or it has ended.
                raise LeftToBot(f"{code}, but the end was begun before") from None


def _edit_of(tools: Tools, request: RenderRequest, parts: list[Part], style: str, hook: Hook) -> Edit:
    """The message for what was drawn, of one picture, of several, or of a picture beside its page."""
    waited_s = max(0.0, clock.now() - request.created_at)
    if len(parts) > 1 and request.comparison is None:
        return edit_of_several(request, parts, style=style, waited_s=waited_s)
    drawing = next(part.drawing for part in parts if part.drawing is not None)
    as_drawn = request.model_copy(update={"pictures": (parts[0].picture,)})
    if request.comparison is None:
        return edit_of(as_drawn, drawing, style=style, waited_s=waited_s)
    photo, suffix = photo_of(as_drawn, drawing, tools.pictures, tools.decoder, hook)
    return edit_of_comparison(as_drawn, photo, suffix, drawing, style=style, waited_s=waited_s)


def try_id(tools: Tools) -> str:
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


def _draw_one(
    sha: str,
    most_bytes: int,
    variant: Variant | None,
    *,
    tools: Tools,
    request: RenderRequest,
    renderer: Renderer,
    hook: Hook,
) -> Drawing:
    """One finished picture of a request, by its `renderer` unless a variant names another style.

    Raises PictureProblem, or ServiceProblem `cancelled`, `expired`, `picture_gone`, `gpu_full` or, for an
    animation, `too_large_result`.
    """
    options = request.options if variant is None else variant.applied_to(request.options)
    if options.style != request.options.style:
        renderer = _renderer(tools.engine, options.style)
    hook.go_on()
    data = tools.pictures.get(sha)
    if data is None:
        raise ServiceProblem("picture_gone", f"no picture {sha[:12]}")
    try:
        return draw(renderer, tools.decoder, data, options, hook=hook, most_bytes=most_bytes)
    except OutOfMemory as error:
        tools.breaker.record_failure(request.job_id, "OutOfMemoryError")
        raise ServiceProblem("gpu_full", str(error)[:200]) from None


def draw(
    renderer: Renderer,
    decoder: Decoder,
    data: bytes,
    options: RenderOptions,
    *,
    hook: Hook | None = None,
    most_bytes: int | None = None,
) -> Drawing:
    """Draw a picture's file; the Drawing's own is a PNG, or a GIF of at most `most_bytes` if it moves.

    Raises PictureProblem, ServiceProblem `too_large_result`, DecoderFailed, OutOfMemory when the GPU has
    no room for a smaller picture either, and what the hook does.
    """
    hook = hook or Hook()
    drawing = pipeline.draw(renderer, data, options, decoder=decoder, hook=hook, most_s=GENERATOR_S)
    try:
        format = ANIMATION if drawing.moves else PNG
        drawing = pipeline.as_file(drawing, format, hook=hook, most_bytes=most_bytes)
    except TooLarge as error:
        raise ServiceProblem("too_large_result", str(error)) from None
    hook.go_on()
    return drawing


def works(renderer: Renderer, decoder: Decoder) -> bool:
    """Whether a small picture comes out of all stages; if not, the log says why."""
    stream = io.BytesIO()
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(stream, "PNG")
    try:
        draw(renderer, decoder, stream.getvalue(), RenderOptions(columns=limits.MIN_COLUMNS))
    except Exception:
        _log.exception("self-test failed")
        return False
    return True


def job_hook(tools: Tools, request: RenderRequest) -> Hook:
    """Traces a job's stages, writes down how far an animation is, and ends a job that nobody waits for any more.

    Its `go_on` raises ServiceProblem `cancelled` or `expired`.
    """
    looked_at, noted_at = -LOOK_EVERY_S, -FRAMES_EVERY_S

    def go_on() -> None:
        nonlocal looked_at
        if time.monotonic() - looked_at >= LOOK_EVERY_S:
            looked_at = time.monotonic()
            if tools.jobs.progress(request.job_id):
                raise ServiceProblem("cancelled")
        late = clock.now() - request.deadline_at
        if late > 0:
            raise ServiceProblem("expired", f"{late:.0f} s past its deadline")

    def note(done: int, total: int) -> None:
        nonlocal noted_at
        if len(request.pictures) == 1 and time.monotonic() - noted_at >= FRAMES_EVERY_S:
            noted_at = time.monotonic()
            tools.jobs.progress(request.job_id, (done, total))

    return Hook(note, go_on=go_on, around=trace.span)


def _post(tools: Tools, request: RenderRequest, edit: Edit, drawing: Drawing) -> Ending:
    """Put the picture on the message.

    Raises ServiceProblem when Discord will never take it, DiscordUnavailable when it may take it later.
    """
    deadline = time.monotonic() + POST_S
    match deliver(tools.discord, request.reply, edit, now=clock.now(), deadline=deadline):
        case Verdict.DONE:
            return Ending("posted", drawing=drawing)
        case Verdict.FORBIDDEN:
            raise ServiceProblem("no_permission", "Discord answered 403")
        case Verdict.TOO_LARGE:
            sizes = ", ".join(str(len(file.data)) for file in edit.attachments)
            raise ServiceProblem("too_large_result", f"{sizes} bytes, said Discord")
        case Verdict.GONE | Verdict.CLOSED as verdict:
            if not is_out_of_reach(tools, request.job_id, request.reply):
                raise DiscordUnavailable("every way to the message was refused, which may be an accident")
            # Then there is nobody to tell.
            gone = verdict is Verdict.GONE
            return Ending("gone" if gone else "failed", "" if gone else "unreachable", drawing)
        case _:
            reference = new_reference()
            raise ServiceProblem("internal", f"reference={reference} Discord rejected it", reference=reference)


def is_out_of_reach(tools: Tools, job_id: str, reply: Reply) -> bool:
    """Whether a message that was not reached never will be: no way is left, or all were refused for long enough."""
    return not routes(reply, clock.now()) or tools.jobs.refused(job_id)[0]


def _refuse(tools: Tools, request: RenderRequest, outcome: Outcome, code: str, words: str) -> Ending:
    """Raises LeftToBot when the user could not be told: the bot goes on trying."""
    deadline = time.monotonic() + POST_S
    verdict = tell(tools.discord, request.reply, words, now=clock.now(), deadline=deadline)
    if verdict is Verdict.DONE or not routes(request.reply, clock.now()):
        return Ending(outcome, code)
    raise LeftToBot(f"the user is not told of {code}: {verdict}")
