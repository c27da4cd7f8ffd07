"""A photo beside its page: one message of components, hidden where the picture is, within one upload limit."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from jobs.schema import Comparison
from jobs.text.sentences import ServiceProblem
from models.rendering.frames import Frames
from tests.worker.test_result import a_drawing, a_request
from worker.delivery.comparison import edit_of_comparison
from worker.delivery.rest_client import Edit
from worker.render.photo import SIDE, moving_photo, still_photo

PHOTO = b"a JPEG of some bytes"


def edit(comparison: Comparison = "private", **changes: Any) -> Edit:
    request = a_request(comparison=comparison, **changes)
    return edit_of_comparison(request, PHOTO, "jpg", a_drawing(), style="tiny", waited_s=1.25)


def test_photo_and_page_stand_side_by_side_in_a_message_of_components_alone() -> None:
    body = edit().body()
    text, gallery = body["components"]
    assert (body["flags"], body["content"], body["allowed_mentions"]) == (1 << 15, None, {"parse": []})
    assert text["type"] == 10 and text["content"].startswith("**Before and after** · blue")
    assert [item["media"]["url"] for item in gallery["items"]] == [
        "attachment://before.jpg",
        "attachment://ascii-blue.png",
    ]
    assert [item["description"] for item in gallery["items"]] == [one["description"] for one in body["attachments"]]
    assert not any(item["spoiler"] for item in gallery["items"])


@pytest.mark.parametrize(
    "hidden", [{"spoiler": True}, {"pictures": [{"sha": "a" * 64, "spoiler": True}]}], ids=["asked", "posted so"]
)
def test_what_is_hidden_stays_hidden_on_both_sides(hidden: dict[str, Any]) -> None:
    made = edit(**hidden)
    assert [item["spoiler"] for item in made.components[1]["items"]] == [True, True]
    assert all(file.filename.startswith("SPOILER_") for file in made.attachments)


@pytest.mark.parametrize(
    ("comparison", "buttons"), [("private", []), ("shareable", ["glyph:share"]), ("public", ["glyph:delete"])]
)
def test_only_what_others_saw_can_be_shown_to_them(comparison: Comparison, buttons: list[str]) -> None:
    rows = [one for one in edit(comparison).components if one["type"] == 1]
    assert [button["custom_id"] for row in rows for button in row["components"]] == buttons


def test_a_file_format_is_compared_by_its_picture_and_a_page_that_does_not_fit_is_said() -> None:
    assert [file.filename for file in edit(format="svg").attachments] == ["before.jpg", "ascii-blue.png"]
    assert "as a file" not in edit(format="phone").components[0]["content"]
    with pytest.raises(ServiceProblem) as problem:
        edit(upload_limit=len(PHOTO) + 10)
    assert problem.value.code == "too_large_result"


def test_a_photo_is_encoded_anew_and_no_larger_than_it_is_seen() -> None:
    with Image.open(io.BytesIO(still_photo(np.zeros((3000, 2000, 3), np.uint8)))) as image:
        assert (image.format, max(image.size), dict(image.getexif())) == ("JPEG", SIDE, {})


@pytest.mark.parametrize(("ms", "hundredths"), [(33, [3, 4, 3, 3, 3, 4, 3, 3, 4]), (16, [2] * 7)])
def test_a_moving_photo_keeps_time_with_the_page_beside_it(ms: int, hundredths: list[int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (9, 6, 8, 3)).astype(np.uint8)
    data = moving_photo(Frames(pixels, (ms,) * 9, 0), 9, 10**6)
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        assert [frame.info["duration"] // 10 for frame in ImageSequence.Iterator(image)] == hundredths


def test_what_moves_is_a_gif_in_its_own_times_under_the_limit() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (6, 60, 80, 3)).astype(np.uint8)
    frames = Frames(pixels, (100, 200, 100, 100, 100, 100), 0)
    whole = moving_photo(frames, 3, 10**6)
    assert whole is not None
    with Image.open(io.BytesIO(whole)) as image:
        assert (image.size, getattr(image, "n_frames", 1), image.info["duration"]) == ((80, 60), 3, 100)
        image.seek(1)
        assert image.info["duration"] == 200
    small = moving_photo(frames, 6, 12_000)
    assert small is not None and len(small) <= 12_000
    assert moving_photo(frames, 6, 500) is None
