"""What several drawings of one request look like as one message: a file each, and what there is to say of each.

The files share the upload limit: each may use what those before it left, in equal parts with those after it.
"""

from dataclasses import dataclass, replace
from typing import Final

from jobs.schema import MOST_PICTURES, Picture, RenderRequest
from jobs.text.buttons import choice_rows, result_rows
from jobs.text.sentences import sentence
from jobs.text.translation import translate
from jobs.variants import variant_name
from models.formats import DEFAULT_FORMAT, MESSAGE_CHARACTERS
from models.rendering.pipeline import Drawing
from worker.delivery.rest_client import Attachment, Edit
from worker.delivery.result_message import credit_of, files_of, notes_of

WHICH: Final = "Which one do you want to keep?"
NUMBERED: Final = "Picture {number}: {words}"


@dataclass(frozen=True)
class Part:
    """One picture of a request: drawn, or why not, in words for its user."""

    picture: Picture
    drawing: Drawing | None = None
    failure: str = ""


def edit_of_several(request: RenderRequest, parts: list[Part], *, style: str, waited_s: float) -> Edit:
    """The whole state of a finished message, with at least one drawing. What does not fit is named instead."""
    language, room = request.reply.language, request.upload_limit
    files: list[Attachment] = []
    words: list[str] = []
    for number, part in enumerate(parts, 1):
        made: tuple[Attachment, ...] = ()
        said = [part.failure] if part.failure else []
        if part.drawing is not None:
            alone = _alone(request, part.picture, room // (len(parts) - number + 1))
            made = files_of(alone, part.drawing)
            if alone.options.format != DEFAULT_FORMAT and len(parts) * 2 > MOST_PICTURES:
                made = made[-1:]  # as many as a message has, without the pictures that go with them
            said = [*notes_of(alone, part.drawing)] if made else [sentence("too_large_result", language)]
        room -= sum(len(file.data) for file in made)
        files += [_numbered(file, number, variant_name(part.picture.variant, language)) for file in made]
        words += [translate(NUMBERED, language, number=number, words=one) for one in said]
    rows = result_rows(request.options, language)
    if request.is_choice:
        names = {n: variant_name(part.picture.variant, language) for n, part in enumerate(parts, 1) if part.drawing}
        rows = choice_rows(names, language)
        words.insert(0, translate(WHICH, language))
    each_its_own = any(part.picture.variant and part.picture.variant.style for part in parts)
    content = "\n".join((credit_of(request, None if each_its_own else style, waited_s), *words))
    return Edit(content[:MESSAGE_CHARACTERS], tuple(files), rows)


def _alone(request: RenderRequest, picture: Picture, room: int) -> RenderRequest:
    """The request for one of its pictures; text that would stand in the message is a file, as there are several."""
    format = "file" if request.options.block else request.options.format
    as_drawn = request.options if picture.variant is None else picture.variant.applied_to(request.options)
    options = replace(as_drawn, format=format)
    alone = {"pictures": (picture,), "options": options, "upload_limit": room}
    return request.model_copy(update=alone | {"spoiler": request.spoiler or picture.spoiler})


def _numbered(file: Attachment, number: int, name: str) -> Attachment:
    stem, _, suffix = file.filename.rpartition(".")
    description = f"{name}. {file.description}" if name else file.description
    return replace(file, filename=f"{stem}-{number}.{suffix}", description=description)
