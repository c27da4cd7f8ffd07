"""What nobody says is chosen by the worker, and what was said comes again in other ink: columns, paper, focus."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from devstack.stack import Stack
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.schema import RenderRequest, RenderResult
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.formats import picture_columns
from models.limits import ANIMATION_COLUMNS
from models.palettes import PAPER, Background
from playground.testing import ADA_ID, Controls
from tests.e2e.conftest import PANDA
from tests.e2e.test_members import Message, reply_to, reset_settings
from tests.e2e.test_one_picture import picture_of
from tests.models.animations import saved
from tests.models.pictures import photo


def request_and_result(stack: Stack, controls: Controls, message: Message) -> tuple[RenderRequest, RenderResult]:
    """What a message's picture was asked for with, and what was drawn."""
    with connect(stack.redis_url, patient=True) as redis:
        jobs = Jobs(redis)
        request = Messages(redis).request_of(message["id"])
        assert request is not None
        # The picture is there a moment before the worker has written that down.
        return request, controls.wait_for(lambda: jobs.result_of(request.job_id))


def text_of(controls: Controls, message: Message) -> str:
    """The characters of a message that has them as a file."""
    (file,) = [file for file in message["attachments"] if file["filename"].endswith(".txt")]
    return controls.fetch(file["url"]).decode()


def paper_of(picture: Image.Image) -> Background:
    """The paper of a posted page: the one that more of its pixels show."""
    pixels = np.asarray(picture.convert("RGB"))
    shown: dict[Background, int] = {
        name: int((pixels == np.array(colour)).all(-1).sum()) for name, colour in PAPER.items()
    }
    return max(shown, key=lambda name: shown[name])


@pytest.mark.parametrize(
    "said",
    [
        {"focus": "1"},
        {"focus": "0.75", "background": "dark", "columns": 90},
        {"focus": "0", "background": "light"},
        {},
    ],
)
def test_pink_has_the_same_characters(stack: Stack, controls: Controls, said: dict[str, Any]) -> None:
    used = controls.slash("ascii", said | {"format": "file"}, files={"image": PANDA})
    posted = controls.wait_for_answer(used)
    controls.react(posted["id"], "🩷")
    reply = reply_to(controls, posted["id"], "pink")
    (first, drawn), (pink, again) = (request_and_result(stack, controls, message) for message in (posted, reply))
    assert replace(first.options, palette="pink") == pink.options
    assert first.options.focus == (float(said["focus"]) if said else None)
    assert (drawn.columns, drawn.rows, drawn.background) == (again.columns, again.rows, again.background)
    assert text_of(controls, posted) == text_of(controls, reply)


def test_a_servers_focus_is_drawn_and_can_be_left_to_the_model(stack: Stack, controls: Controls) -> None:
    controls.wait_for_answer(controls.slash("settings defaults", {"focus": "1"}, user=ADA_ID))
    try:
        for said, focus in (({}, 1.0), ({"focus": "auto"}, None), ({"focus": "0"}, 0.0)):
            posted = controls.wait_for_answer(controls.slash("ascii", said, files={"image": PANDA}))
            assert request_and_result(stack, controls, posted)[0].options.focus == focus
    finally:
        reset_settings(controls)


def test_paper_that_nobody_names_is_one_that_could_have_been_named(stack: Stack, controls: Controls) -> None:
    def drawn(said: dict[str, object]) -> tuple[Message, RenderResult]:
        posted = controls.wait_for_answer(controls.slash("ascii", said, files={"image": PANDA}))
        return posted, request_and_result(stack, controls, posted)[1]

    posted, result = drawn({})
    assert result.background is not None and paper_of(picture_of(controls, posted)) == result.background
    same, _ = drawn({"background": result.background})
    assert picture_of(controls, same).tobytes() == picture_of(controls, posted).tobytes()
    other: Background = "dark" if result.background == "light" else "light"
    assert paper_of(picture_of(controls, drawn({"background": other})[0])) == other


@pytest.mark.parametrize(("width", "height"), [(240, 480), (300, 300), (600, 400), (900, 300)])
def test_a_picture_is_as_wide_as_its_shape_suits(controls: Controls, width: int, height: int) -> None:
    stream = io.BytesIO()
    photo(width, height).save(stream, "PNG")
    used = controls.slash("ascii", files={"image": ("shape.png", stream.getvalue(), "image/png")})
    posted = controls.wait_for_answer(used)
    columns = picture_columns(width, height)
    rows = round(columns * height / width / 2)
    assert f"{columns}×{rows} characters" in posted["attachments"][0]["description"]
    assert picture_of(controls, posted).size == (columns * CELL_WIDTH, rows * CELL_HEIGHT)


def test_an_animation_has_columns_of_its_own(controls: Controls) -> None:
    data = saved([photo(96, 64, seed) for seed in range(2)], "GIF", duration=100, loop=0)
    posted = controls.wait_for_answer(controls.slash("ascii", files={"image": ("dance.gif", data, "image/gif")}))
    assert f" {ANIMATION_COLUMNS}×" in posted["attachments"][0]["description"]
    assert posted["attachments"][0]["filename"] == "ascii-photo.gif"
