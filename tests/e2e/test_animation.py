"""A GIF or a video through the whole service: it comes back moving at its own pace, or still when asked for."""

import io

import numpy as np
from PIL import Image

from playground.testing import Controls
from tests.e2e.test_one_picture import Message
from tests.models.animations import saved
from tests.models.pictures import photo
from tests.models.videos import sound_alone, video

TIMES = [70, 120, 200]
GIF = ("dance.gif", saved([photo(96, 64, seed) for seed in range(3)], "GIF", duration=TIMES, loop=0), "image/gif")


def opened(controls: Controls, message: Message) -> Image.Image:
    (attachment,) = message["attachments"]
    return Image.open(io.BytesIO(controls.fetch(attachment["url"])))


def test_a_gif_comes_back_moving(controls: Controls) -> None:
    posted = controls.wait_for_answer(controls.slash("ascii", {"columns": 30}, files={"image": GIF}))
    assert posted["attachments"][0]["filename"].endswith(".gif")
    with opened(controls, posted) as picture:
        assert (picture.format, getattr(picture, "n_frames", 1)) == ("GIF", 3)
        assert picture.width == 30 * 8 and picture.info["loop"] == 0
        durations = []
        for index in range(3):
            picture.seek(index)
            durations.append(picture.info["duration"])
    assert durations == TIMES


def test_a_video_comes_back_moving(controls: Controls) -> None:
    pictures = [np.asarray(photo(96, 64, seed)) for seed in range(3)]
    clip = ("clip.mov", video(pictures, [0, 70, 190], form="mov", last_ms=200, sound=True), "video/quicktime")
    posted = controls.wait_for_answer(controls.slash("ascii", {"columns": 30}, files={"image": clip}))
    with opened(controls, posted) as picture:
        assert (picture.format, getattr(picture, "n_frames", 1), picture.info["loop"]) == ("GIF", 3, 0)
        durations = []
        for index in range(3):
            picture.seek(index)
            durations.append(picture.info["duration"])
    assert durations == TIMES


def test_sound_alone_is_told(controls: Controls) -> None:
    song = ("song.m4a", sound_alone(), "audio/mp4")
    posted = controls.wait_for_answer(controls.slash("ascii", files={"image": song}))
    assert posted["content"].startswith("There is no picture in that file")


def test_it_comes_back_still_when_asked(controls: Controls) -> None:
    posted = controls.wait_for_answer(
        controls.slash("ascii", {"columns": 30, "animate": False}, files={"image": GIF})
    )
    with opened(controls, posted) as picture:
        assert picture.format == "PNG"
