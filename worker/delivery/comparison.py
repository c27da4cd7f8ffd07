"""A photo beside the page that was made of it, as one message of components: two pictures in a gallery.

https://docs.discord.com/developers/components/reference
"""

from dataclasses import replace
from typing import Any, Final

from jobs.schema import RenderRequest
from jobs.text.buttons import comparison_rows
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import translate
from models.formats import DEFAULT_FORMAT
from models.rendering.pipeline import Drawing
from worker.delivery.rest_client import Attachment, Edit
from worker.delivery.result_message import SPOILER, credit_of, files_of, notes_of

TITLE: Final = "**Before and after**"
ALT: Final = "The picture before it was drawn."

_TEXT, _GALLERY = 10, 12


def edit_of_comparison(
    request: RenderRequest, photo: bytes, suffix: str, drawing: Drawing, *, style: str, waited_s: float
) -> Edit:
    """The whole state of the message. `photo` is a file with that suffix; the rest as in `edit_of`.

    Raises ServiceProblem `too_large_result` where the two do not fit the upload limit.
    """
    language = request.reply.language
    hidden = request.spoiler or any(picture.spoiler for picture in request.pictures)
    options = replace(request.options, format=DEFAULT_FORMAT)
    room = request.upload_limit - len(photo)
    alone = {"options": options, "spoiler": hidden, "upload_limit": room}
    pages = files_of(request.model_copy(update=alone), drawing)
    if not pages:
        raise ServiceProblem("too_large_result", f"photo {len(photo)} bytes, limit {request.upload_limit}")
    mime = {"jpg": "image/jpeg", "gif": "image/gif"}[suffix]
    before = Attachment(f"{SPOILER if hidden else ''}before.{suffix}", photo, translate(ALT, language), mime)
    files = (before, pages[0])
    words = "\n".join(
        (f"{translate(TITLE, language)} · {credit_of(request, style, waited_s)}", *notes_of(request, drawing))
    )
    shown: list[dict[str, Any]] = [
        {"media": {"url": f"attachment://{file.filename}"}, "description": file.description, "spoiler": hidden}
        for file in files
    ]
    rows = comparison_rows(request.comparison or "private", language)
    components = ({"type": _TEXT, "content": words}, {"type": _GALLERY, "items": shown}, *rows)
    return Edit("", files, components, only_components=True)
