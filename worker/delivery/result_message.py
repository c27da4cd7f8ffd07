"""What a finished drawing looks like as a message: the credit line, the picture, the characters in a format.

Whatever is larger than Discord takes in this place is encoded otherwise or left out; nothing is ever blurred.
"""

import re
from typing import Final

from jobs.schema import RenderRequest
from jobs.text.buttons import result_rows
from jobs.text.choices import palette_name
from jobs.text.sentences import CAPTIONS, ServiceProblem
from jobs.text.translation import translate, wait_in_words
from models.encoders import ansi, encode
from models.encoders.png import picture_within
from models.formats import ANIMATION, DEFAULT_FORMAT, FORMATS, MESSAGE_CHARACTERS
from models.page import Page
from models.rendering.pipeline import Drawing
from models.sentences import NOTES
from worker.delivery.rest_client import Attachment, Edit

SPOILER: Final = "SPOILER_"
"""Discord hides a file of such a name until it is clicked."""

LOOKALIKE: Final = "\N{MODIFIER LETTER GRAVE ACCENT}"
"""Stands for the last of three backticks in a code block; as wide, and in no charset of ours."""

_THREE_BACKTICKS: Final = re.compile("``(?=`)`")

BAR: Final = "\N{BOX DRAWINGS LIGHT VERTICAL}"
"""Stands for the second of two bars in hidden text, whose first two bars would end the spoiler, in code too."""
TOO_LONG: Final = "As text, a picture of this shape is longer than a message, so I attached it as a file."


def edit_of(request: RenderRequest, drawing: Drawing, *, style: str, waited_s: float) -> Edit:
    """The whole state of a finished message; `waited_s` are seconds since it was asked for.

    Raises ServiceProblem `too_large_result` when none would fit.
    """
    if any(picture.spoiler for picture in request.pictures):
        # Of several, what is left to be drawn again may be the hidden one alone.
        request = request.model_copy(update={"spoiler": True})
    language = request.reply.language
    said = [credit_of(request, style, waited_s), *notes_of(request, drawing)]
    rows = result_rows(request.options, language, comparable=request.own)
    if not drawing.moves and request.options.block:
        block = _block(request, drawing)
        if block is not None:
            return Edit(_with_words(block, said), (), rows)
        said.insert(1, translate(TOO_LONG, language))
    files = files_of(request, drawing)
    if not files:
        raise ServiceProblem("too_large_result", f"{request.options.format} over {request.upload_limit} bytes")
    return Edit("\n".join(said)[:MESSAGE_CHARACTERS], files, rows)


def files_of(request: RenderRequest, drawing: Drawing) -> tuple[Attachment, ...]:
    """The files of a drawing, that of the format last; none when that does not fit the upload limit."""
    if drawing.moves:
        if len(drawing.data) > request.upload_limit:
            return ()
        suffix, mime = ANIMATION.suffix, ANIMATION.mime
        return (Attachment(_name(request, suffix), drawing.data, _alt(request, drawing), mime),)
    picture = _picture(request, drawing)
    if request.options.format == DEFAULT_FORMAT:
        return () if picture is None else (picture,)
    file = _file(request, drawing)
    return () if file is None else (file,) if picture is None else (picture, file)


SHRUNK: Final = "I drew {columns}×{rows} characters, the most my graphics card has memory for now."
ALT: Final = "The picture drawn with {columns}×{rows} characters, palette {palette}."


def credit_of(request: RenderRequest, style: str | None, waited_s: float) -> str:
    """The line under a drawing: palette, style if it is one, and how long who asked has waited.

    Which version of the style drew, admins see in the log.
    """
    language = request.reply.language
    parts = (palette_name(request.options.palette, language), style, wait_in_words(waited_s, language))
    return " · ".join(part for part in parts if part)


def notes_of(request: RenderRequest, drawing: Drawing) -> tuple[str, ...]:
    """What came otherwise than asked for, in sentences."""
    language = request.reply.language
    notes: tuple[str, ...] = ()
    if drawing.shrunk:
        notes = (translate(SHRUNK, language, columns=drawing.columns, rows=drawing.rows),)
    notes += tuple(translate(NOTES[note.code], language, **note.facts) for note in drawing.notes)
    notes += tuple(translate(CAPTIONS[one.note], language) for one in request.pictures if one.note in CAPTIONS)
    return notes


def _block(request: RenderRequest, drawing: Drawing) -> str | None:
    """The page as a code block, in colour where there is room and they are shown; None where it does not fit."""
    wanted, hidden = request.options.block, request.spoiler
    for colours in (wanted is not None and wanted.colours, False):
        block = code_block(drawing.page, colours=colours, hidden=hidden)
        if len(block) <= MESSAGE_CHARACTERS - (4 if hidden else 0):
            return f"||{block}||" if hidden else block
    return None


def _with_words(block: str, said: list[str]) -> str:
    """The art, and under it as many lines as there is room for: the first ones."""
    for count in range(len(said), 0, -1):
        whole = "\n".join((block, *said[:count]))
        if len(whole) <= MESSAGE_CHARACTERS:
            return whole
    return block


def _picture(request: RenderRequest, drawing: Drawing) -> Attachment | None:
    """The picture as PNG, else in an encoding that fits; None when there is none."""
    data, suffix = drawing.data, "png"
    if len(data) > request.upload_limit:
        smaller = picture_within(drawing.page, request.upload_limit)
        if smaller is None:
            return None
        data, suffix = smaller.data, smaller.suffix
    return Attachment(_name(request, suffix), data, _alt(request, drawing), f"image/{suffix}")


def _file(request: RenderRequest, drawing: Drawing) -> Attachment | None:
    format, data = FORMATS[request.options.format], encode(drawing.page, request.options.format)
    if len(data) > request.upload_limit:
        return None
    return Attachment(_name(request, format.suffix), data, _alt(request, drawing), format.mime)


def _name(request: RenderRequest, suffix: str) -> str:
    return f"{SPOILER if request.spoiler else ''}ascii-{request.options.palette.replace('#', '')}.{suffix}"


def _alt(request: RenderRequest, drawing: Drawing) -> str:
    language = request.reply.language
    palette = palette_name(request.options.palette, language)
    return translate(ALT, language, columns=drawing.columns, rows=drawing.rows, palette=palette)


def code_block(page: Page, *, colours: bool = False, hidden: bool = False) -> str:
    """The page as a Discord code block, an `ansi` one with `colours` (8 of them; see `ansi`).

    Only three backticks in a row could end the block, so of such a run every third becomes LOOKALIKE: one or two
    stay, a reader sees no difference, and as no charset holds LOOKALIKE the art can be read back exactly. An empty
    first or last row becomes a space, because Discord drops empty lines at both ends of a block.
    A block to be `hidden` between bars has no two bars in a row: every second one becomes BAR.
    """
    art = ansi(page, colours=16) if colours else page.grid.text()
    if hidden:
        art = art.replace("||", "|" + BAR)
    lines = _THREE_BACKTICKS.sub("``" + LOOKALIKE, art).removesuffix("\n").split("\n")
    for end in (0, -1):
        lines[end] = lines[end] or " "
    return f"```{'ansi' if colours else ''}\n" + "\n".join(lines) + "\n```"
