"""The pictures of a request, drawn one after another: one that fails does not keep the others from the message."""

import logging
import time
from collections.abc import Callable
from typing import Final

from jobs.rq_adapter.queue import EACH_S
from jobs.schema import Picture, RenderRequest, Variant
from jobs.text.sentences import ONLY_STILL, PictureProblem, ServiceProblem, sentence_for
from models.rendering.pipeline import Drawing
from worker.delivery.several_pictures import Part

_log = logging.getLogger(__name__)

ENDS_ALL: Final = frozenset({"cancelled", "expired"})
"""Problems that are not one picture's."""

DrawOne = Callable[[str, int, Variant | None], Drawing]
"""Draws a stored picture, by its sha256, into so many bytes at most, as a variant or as the request says; raises
PictureProblem and ServiceProblem."""


def draw_all(request: RenderRequest, draw_one: DrawOne, *, begins: Callable[[int, int], object]) -> list[Part]:
    """All pictures of a request. Of several, one that cannot be drawn says why; `begins` hears which one is next.

    Raises what ends the job, and the problem of the first if none can be drawn.
    """
    pictures, language = request.pictures, request.reply.language
    begun, share, many = time.monotonic(), request.upload_limit // request.parts, len(pictures) > 1
    parts: list[Part] = []
    first: PictureProblem | ServiceProblem | None = None
    for number, picture in enumerate(pictures, 1):
        if picture.sha is None:
            parts.append(Part(picture, failure=picture.failure))
            continue
        if many:
            begins(number, len(pictures))
        try:
            if number > 1 and time.monotonic() - begun > EACH_S * (len(pictures) - 1):
                raise ServiceProblem("no_time_left")
            parts.append(_part(picture.sha, picture, draw_one, share))
        except (PictureProblem, ServiceProblem) as problem:
            if not many or problem.code in ENDS_ALL:
                raise
            first = first or problem
            _log.info("picture refused id=%s number=%d code=%s", request.job_id, number, problem.code)
            parts.append(Part(picture, failure=sentence_for(problem, language)))
    if first is not None and not any(part.drawing for part in parts):
        raise first
    return parts


def _part(sha: str, picture: Picture, draw_one: DrawOne, most_bytes: int) -> Part:
    """One picture, or its still with a note where what moves cannot be read."""
    try:
        return Part(picture, draw_one(sha, most_bytes, picture.variant))
    except PictureProblem as problem:
        if picture.still is None:
            raise
        _log.info("only a still code=%s detail=%r", problem.code, problem.detail)
    return Part(
        picture.model_copy(update={"note": ONLY_STILL}), draw_one(picture.still, most_bytes, picture.variant)
    )
