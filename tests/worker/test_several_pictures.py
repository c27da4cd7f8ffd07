"""Several drawings as one message: a file each, one upload limit for all, what there is to say of each."""

from typing import Any

import pytest

from jobs.schema import Picture, RenderRequest, Variant
from models.rendering.pipeline import Drawing
from tests.worker.samples import request_for
from tests.worker.test_result import a_drawing
from worker.delivery.rest_client import Edit
from worker.delivery.several_pictures import Part, edit_of_several


def a_request(**changes: Any) -> RenderRequest:
    return request_for("a" * 64, **({"palette": "blue"} | changes))


def a_part(drawing: Drawing | None = None, failure: str = "", **picture: Any) -> Part:
    return Part(Picture(sha="a" * 64, **picture), drawing or (None if failure else a_drawing()), failure)


def edit(parts: list[Part], **changes: Any) -> Edit:
    return edit_of_several(a_request(**changes), parts, style="tiny", waited_s=1.25)


def test_every_drawing_is_a_file_and_every_failure_is_named() -> None:
    made = edit([a_part(), a_part(failure="It is broken."), a_part(note="only_still", spoiler=True)])
    assert [file.filename for file in made.attachments] == ["ascii-blue-1.png", "SPOILER_ascii-blue-3.png"]
    first, *words = made.content.split("\n")
    assert first == "blue · tiny · 1.2 s"
    assert words[0] == "Picture 2: It is broken." and words[1].startswith("Picture 3: ") and len(words) == 2
    assert made.components


def test_together_they_keep_to_the_upload_limit() -> None:
    parts = [a_part(a_drawing(80, 40)) for _ in range(10)]
    one = len(a_drawing(80, 40).data)
    assert len(edit(parts, upload_limit=10 * one).attachments) == 10
    tight = edit(parts, upload_limit=8 * one)
    assert len(tight.attachments) == 10 and sum(len(file.data) for file in tight.attachments) <= 8 * one
    small = a_drawing(20, 6)
    tiny = edit([a_part(small), a_part(a_drawing(200, 100))], upload_limit=2 * len(small.data))
    assert [file.filename for file in tiny.attachments] == ["ascii-blue-1.png"]
    assert "Picture 2: The finished picture is larger" in tiny.content


@pytest.mark.parametrize(
    ("format", "count", "suffixes"),
    [
        ("text", 2, ["png", "txt"] * 2),
        ("phone", 6, ["txt"] * 6),
        ("svg", 5, ["png", "svg"] * 5),
        ("svg", 10, ["svg"] * 10),
    ],
)
def test_files_of_a_format_are_as_many_as_a_message_has(format: str, count: int, suffixes: list[str]) -> None:
    made = edit([a_part() for _ in range(count)], format=format)
    names = [file.filename for file in made.attachments]
    assert [name.rpartition(".")[2] for name in names] == suffixes and len(set(names)) == len(names)
    assert "```" not in made.content


def test_long_words_stay_within_a_message() -> None:
    assert len(edit([a_part(), *(a_part(failure="x" * 400) for _ in range(9))]).content) == 2000


def test_variants_have_a_button_each_by_number_and_name() -> None:
    names = ("Everything", "Less background", "Little background", "The subject alone")
    steps = [Variant(focus=focus) for focus in (0.0, 0.33, 0.66, 1.0)]
    parts = [a_part(variant=steps[0]), a_part(variant=steps[1]), a_part(failure="It is broken.", variant=steps[2])]
    parts.append(a_part(variant=steps[3]))
    made = edit(parts, pictures=[part.picture.model_dump() for part in parts])
    takes, last = (row["components"] for row in made.components)
    shown = [(button["custom_id"], button["label"]) for button in takes]
    assert shown == [(f"glyph:take:{n}", names[n - 1]) for n in (1, 2, 4)]
    assert [button["custom_id"] for button in last] == ["glyph:delete"]
    assert [file.filename for file in made.attachments] == [f"ascii-blue-{n}.png" for n in (1, 2, 4)]
    assert made.attachments[1].description.startswith("Less background. The picture drawn with 40×20")
    assert made.content.split("\n")[1:] == ["Which one do you want to keep?", "Picture 3: It is broken."]


def test_styles_to_choose_from_are_not_said_to_be_one_models() -> None:
    parts = [a_part(variant=Variant(style=style)) for style in ("classic", "lines")]
    made = edit(parts, pictures=[part.picture.model_dump() for part in parts])
    assert made.content.split("\n")[0] == "blue · 1.2 s"
    assert [button["label"] for button in made.components[0]["components"]] == ["classic", "lines"]
