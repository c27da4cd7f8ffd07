"""A finished drawing as a message: every format, text in the message, and what happens at the upload limit."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jobs.schema import Picture, RenderRequest
from jobs.text.sentences import CAPTIONS, ONLY_STILL, ServiceProblem
from models.atlas import default_atlas
from models.encoders import encode
from models.encoders.png import encode_png, paint
from models.formats import FORMATS, MESSAGE_CHARACTERS, block_columns, rows_for
from models.page import Grid, page_of
from models.problems import Note
from models.rendering.pipeline import Drawing
from tests.worker.samples import request_for
from worker.delivery.rest_client import Edit
from worker.delivery.result_message import BAR, edit_of


def a_drawing(columns: int = 40, rows: int = 20, palette: str = "blue", shrunk: bool = False) -> Drawing:
    atlas = default_atlas()
    glyphs = np.random.default_rng(1).integers(0, len(atlas.charset), (rows, columns))
    page = page_of(Grid(glyphs, atlas), palette)
    return Drawing([page], data=encode_png(paint(page)), shrunk=shrunk)


def a_request(**changes: Any) -> RenderRequest:
    return request_for("a" * 64, **({"palette": "blue"} | changes))


def edit(drawing: Drawing, **changes: Any) -> Edit:
    return edit_of(a_request(**changes), drawing, style="tiny", waited_s=1.25)


@pytest.mark.parametrize(
    "format", [name for name, format in FORMATS.items() if name != "picture" and not format.block]
)
def test_a_file_comes_beside_the_picture(format: str) -> None:
    drawing = a_drawing()
    made = edit(drawing, format=format)
    picture, file = made.attachments
    assert picture.filename == "ascii-blue.png" and picture.data == drawing.data
    assert file.filename == f"ascii-blue.{FORMATS[format].suffix}" and file.mime == FORMATS[format].mime
    if format != "docx":  # which holds the time
        assert file.data == encode(drawing.page, format)
    assert made.content == "blue · tiny · 1.2 s"


@pytest.mark.parametrize("format", ["phone", "text"])
def test_text_stands_in_the_message_while_it_fits(format: str) -> None:
    drawing = a_drawing(30, 15)
    made = edit(drawing, format=format)
    assert made.attachments == ()
    assert len(made.content) <= MESSAGE_CHARACTERS
    assert made.content.startswith("```" if format == "phone" else "```ansi")
    assert made.content.endswith("1.2 s")


def test_on_a_phone_the_characters_are_the_pages() -> None:
    drawing = a_drawing(30, 15)
    block = edit(drawing, format="phone").content.split("```")[1]
    expected = drawing.page.grid.text()
    assert [line.rstrip() for line in block.strip("\n").split("\n")][5] == expected.split("\n")[5]


def test_where_the_credit_line_does_not_fit_the_art_stays_whole() -> None:
    made = edit(a_drawing(60, 32), format="text")
    assert made.attachments == () and len(made.content) <= MESSAGE_CHARACTERS
    assert made.content.endswith("```")
    assert made.content.count("\n") == 33


def test_text_in_a_message_says_what_came_otherwise_than_asked_for_while_that_fits() -> None:
    cut = Note("cut_part", {})
    still = (Picture(sha="a" * 64, note=ONLY_STILL),)
    drawing = replace(a_drawing(30, 15, shrunk=True), notes=(cut,))
    art, _, said = edit(drawing, format="phone", pictures=still).content.rpartition("```")
    assert art.startswith("```")
    assert said.split("\n")[1:] == [
        "blue · tiny · 1.2 s",
        "I drew 30×15 characters, the most my graphics card has memory for now.",
        str(cut),
        CAPTIONS[ONLY_STILL],
    ]
    tall = replace(a_drawing(30, 62), notes=(cut,))
    made = edit(tall, format="phone").content
    assert made.endswith("```\nblue · tiny · 1.2 s"), "where not all fits, the caption is told first"


def test_text_that_does_not_fit_a_message_is_a_file_and_says_so() -> None:
    made = edit(a_drawing(100, 50), format="phone")
    assert [file.filename for file in made.attachments] == ["ascii-blue.png", "ascii-blue.txt"]
    assert made.content.split("\n")[1:] == [
        "As text, a picture of this shape is longer than a message, so I attached it as a file."
    ]


def test_fewer_columns_than_asked_for_are_explained() -> None:
    fewer = replace(a_drawing(40, 30), notes=(Note("narrower", {"columns": 40, "asked": 60, "most": 20_000}),))
    content = edit(fewer, format="svg", columns=60).content
    assert content.split("\n")[1].startswith("I drew 40 columns instead of 60")
    assert "\n" not in edit(a_drawing(40, 30), format="svg", columns=40).content
    shrunk = edit(a_drawing(40, 30, shrunk=True), columns=80).content
    assert "graphics card" in shrunk and "instead of" not in shrunk


def test_what_was_hidden_stays_hidden() -> None:
    made = edit(a_drawing(), format="html", spoiler=True)
    assert all(file.filename.startswith("SPOILER_") for file in made.attachments)
    block = edit(a_drawing(30, 15), format="phone", spoiler=True).content
    assert block.startswith("||```") and "```||" in block


def test_what_is_left_of_several_stays_hidden_if_it_was() -> None:
    """A reaction to several pictures draws those that are still there, with the options of them all."""
    hidden = (Picture(sha="a" * 64, spoiler=True),)
    made = edit(a_drawing(), format="html", pictures=hidden)
    assert all(file.filename.startswith("SPOILER_") for file in made.attachments)
    assert edit(a_drawing(30, 15), format="phone", pictures=hidden).content.startswith("||```")


@pytest.mark.parametrize("format", ["phone", "text"])
def test_bars_in_hidden_text_do_not_end_the_spoiler(format: str) -> None:
    drawing = a_drawing(30, 15)
    drawing.page.grid.glyphs[:] = default_atlas().charset.index("|")
    made = edit(drawing, format=format, spoiler=True).content
    hidden, _, rest = made.removeprefix("||").partition("||")
    assert hidden.startswith("```") and hidden.endswith("```") and "|" not in rest
    assert hidden.count("|") + hidden.count(BAR) == 30 * 15
    assert BAR not in edit(drawing, format=format).content


def test_hidden_text_fits_to_the_last_row() -> None:
    block = FORMATS["phone"].block
    assert block is not None
    columns = block_columns(1000, 3294, block)
    assert columns == 34
    drawing = a_drawing(columns, rows_for(1000, 3294, columns))
    drawing.page.grid.glyphs[:] = default_atlas().charset.index("#")
    made = edit(drawing, format="phone", spoiler=True)
    assert made.attachments == () and made.content.startswith("||```")
    assert MESSAGE_CHARACTERS - (columns + 1) < len(made.content) <= MESSAGE_CHARACTERS


def test_the_upload_limit_is_met_by_another_encoding_then_by_leaving_the_picture_out() -> None:
    drawing = a_drawing(80, 40)
    exact = len(drawing.data)
    smaller = edit(drawing, upload_limit=exact - 1).attachments[0]
    assert len(smaller.data) < exact
    with Image.open(io.BytesIO(smaller.data)) as image:
        assert image.size == (80 * 8, 40 * 16)
    text = len(encode(drawing.page, "text"))
    (file,) = edit(drawing, format="file", upload_limit=text).attachments
    assert file.filename == "ascii-blue.txt"
    for format in ("picture", "svg"):
        with pytest.raises(ServiceProblem) as problem:
            edit(drawing, format=format, upload_limit=100)
        assert problem.value.code == "too_large_result"


def test_a_smaller_size_than_asked_for_is_said() -> None:
    _, note = edit(a_drawing(shrunk=True)).content.split("\n")
    assert note == "I drew 40×20 characters, the most my graphics card has memory for now."


def test_the_message_is_in_the_language_of_who_asked() -> None:
    made = edit(a_drawing(palette="pink"), palette="pink", reply={"language": "ja"})
    assert made.content == "ピンク · tiny · 1.2 秒"
    assert made.attachments[0].description == "40×20 文字で描いた画像、配色はピンク。"
    assert made.attachments[0].filename == "ascii-pink.png"
    assert [button["label"] for button in made.components[0]["components"]] == ["テキスト", "描き直す…", "削除"]
