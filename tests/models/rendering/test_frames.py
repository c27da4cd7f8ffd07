"""Frames out of files: as a viewer shows them, with their times, and bounded whatever the file says."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models import limits
from models.files.gif import MOST_STEPS
from models.problems import PictureProblem
from models.rendering.frames import decode_frames, shown_ms
from models.rendering.still import decode
from tests.models.animations import BLUE, GREEN, RED, block, gif, patch, saved
from tests.models.pictures import encoded, photo

PAPER = {"light": (255, 255, 255), "dark": (17, 18, 20)}


def is_all(pixels: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((pixels == colour).all())


@pytest.mark.parametrize("background", ["light", "dark"])
@pytest.mark.parametrize("transparency", [{}, {"transparency": 3}])
def test_each_gif_disposal_does_what_it_says(background: str, transparency: dict[str, int]) -> None:
    data = gif(
        16,
        16,
        [
            block(patch(0, 16, 16), disposal=1, duration=50),
            block(patch(2, 8, 8), (0, 0), disposal=2, **transparency, duration=50),
            block(patch(1, 8, 8), (8, 8), disposal=3, duration=50),
            block(patch(2, 4, 4), (8, 0), disposal=1, duration=50),
        ],
    )
    first, second, third, fourth = decode_frames(data, 64, background).pixels  # type: ignore[arg-type]
    assert is_all(first, RED)
    assert is_all(second[:8, :8], BLUE) and is_all(second[8:], RED)
    # The blue was to be cleared to nothing, and nothing shows the paper.
    assert is_all(third[:8, :8], PAPER[background])
    assert is_all(third[8:, 8:], GREEN) and is_all(third[:8, 8:], RED)
    # The green was to be undone.
    assert is_all(fourth[8:], RED) and is_all(fourth[:4, 8:12], BLUE)
    assert is_all(fourth[:8, :8], PAPER[background])


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_disposal_of_a_gifs_first_frame(disposal: int) -> None:
    data = gif(16, 16, [block(patch(0, 16, 16), disposal=disposal), block(patch(2, 8, 8))])
    second = decode_frames(data, 64, "dark").pixels[1]
    assert is_all(second[:8, :8], BLUE)
    assert is_all(second[8:], RED if disposal < 2 else PAPER["dark"])


def test_frames_far_larger_than_their_canvas_are_unpacked_no_more_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_DECODED_PIXELS", 3 * 160 * 160)
    small, large = block(patch(0, 16, 16)), block(patch(2, 160, 160))
    frames = decode_frames(gif(16, 16, [small, *[large] * 5]), 64, "light")
    assert (len(frames.pixels), frames.cut) == (3, "pixels")


def test_transparent_pixels_of_a_gif_leave_what_was_there() -> None:
    hole = np.full((16, 16), 2, np.uint8)
    hole[4:12, 4:12] = 1
    data = gif(16, 16, [block(patch(0, 16, 16)), block(Image.fromarray(hole), transparency=1, disposal=1)])
    second = decode_frames(data, 64).pixels[1]
    assert is_all(second[4:12, 4:12], RED)
    assert is_all(second[:4], BLUE)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
def test_first_frame_decides_which_paper_auto_is(form: str) -> None:
    def frame(level: int) -> Image.Image:
        image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
        image.paste((level,) * 3 + (255,), (0, 0, 32, 12))
        image.paste((level,) * 3 + (255,), (28, 28, 32, 32))
        return image

    for first, paper in ((0, "light"), (255, "dark")):
        data = saved([frame(first), frame(255 - first)], form, disposal=2, lossless=True)
        pixels, same = (decode_frames(data, 64, asked).pixels for asked in ("auto", paper))  # type: ignore[arg-type]
        assert np.array_equal(pixels, same)
        assert np.abs(pixels[:, 16:, :24].astype(int) - PAPER[paper]).max() < 4


@pytest.mark.parametrize(("form", "options"), [("PNG", {"blend": 1, "disposal": 0}), ("WEBP", {"lossless": True})])
def test_alpha_of_apng_and_webp(form: str, options: dict[str, object]) -> None:
    red, hole = Image.new("RGBA", (16, 16), (*RED, 255)), Image.new("RGBA", (16, 16), (*BLUE, 255))
    hole.paste((0, 0, 0, 0), (4, 4, 12, 12))
    pixels = decode_frames(saved([red, hole], form, duration=40, **options), 64).pixels
    assert is_all(pixels[0], RED)
    assert is_all(pixels[1][:4], BLUE)
    # An APNG's frame may be laid over the one before; a WebP written by Pillow replaces it.
    assert is_all(pixels[1][4:12, 4:12], RED if form == "PNG" else PAPER["light"])


def test_apng_disposal_to_previous() -> None:
    frames = [Image.new("RGBA", (16, 16), (*RED, 255)), Image.new("RGBA", (16, 16), (*BLUE, 255))]
    third = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    third.paste((*GREEN, 255), (0, 0, 4, 4))
    data = saved([*frames, third], "PNG", duration=40, blend=1, disposal=[0, 2, 0])
    pixels = decode_frames(data, 64).pixels
    assert is_all(pixels[1], BLUE)
    assert is_all(pixels[2][:4, :4], GREEN) and is_all(pixels[2][4:], RED)


def test_an_apngs_default_image_is_no_frame() -> None:
    images = [Image.new("RGB", (16, 16), colour) for colour in (GREEN, RED, BLUE)]
    data = saved(images, "PNG", default_image=True, duration=40)
    frames = decode_frames(data, 64)
    assert [tuple(frame[0, 0]) for frame in frames.pixels] == [RED, BLUE]
    assert frames.durations_ms == (40, 40)


@pytest.mark.parametrize(
    ("asked", "shown"), [(0, 100), (10, 100), (20, 20), (33.3, 33), (70, 70), (-5, 100), (1e9, 655_350)]
)
def test_how_long_browsers_show_a_frame(asked: float, shown: int) -> None:
    assert shown_ms(asked) == shown
    assert shown_ms(float("nan")) == shown_ms(float("inf")) == 100


def test_times_are_read_from_every_format() -> None:
    images = [Image.new("RGB", (16, 16), colour) for colour in (GREEN, RED, BLUE)]
    times = [30, 120, 70]
    for form in ("GIF", "PNG", "WEBP"):
        assert decode_frames(saved(images, form, duration=times), 64).durations_ms == (30, 120, 70), form
    assert decode_frames(gif(16, 16, [block(patch(0, 16, 16)), block(patch(1, 8, 8))]), 64).durations_ms == (
        100,
        100,
    )


def test_how_often_it_plays() -> None:
    blocks = [block(patch(0, 16, 16)), block(patch(1, 8, 8))]
    # GIF counts the repetitions after the first time.
    assert [decode_frames(gif(16, 16, blocks, loop), 64).plays for loop in (None, 0, 1, 4)] == [1, 0, 2, 5]
    images = [Image.new("RGB", (16, 16), colour) for colour in (GREEN, RED)]
    for form in ("PNG", "WEBP"):
        assert [decode_frames(saved(images, form, loop=loop), 64).plays for loop in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_still_picture_is_one_frame(form: str) -> None:
    data = encoded(photo(64, 48), form)
    frames = decode_frames(data, 64)
    assert frames.pixels.shape == (1, 48, 64, 3) and frames.cut == ""


def test_no_frame_is_larger_than_its_page() -> None:
    data = saved([photo(600, 300, seed) for seed in range(2)], "GIF")
    assert decode_frames(data, 20).pixels.shape == (2, 5 * 16, 20 * 8, 3)
    assert decode_frames(data, 100).pixels.shape == (2, 300, 600, 3)


def test_turned_frames_stand_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved([photo(64, 32, seed) for seed in range(2)], "PNG", exif=exif)
    assert decode_frames(data, 64).pixels.shape == (2, 64, 32, 3)


def test_the_first_frames_of_very_many() -> None:
    one = block(patch(1, 1, 1), (3, 3), duration=20)
    data = gif(64, 64, [block(patch(0, 64, 64), duration=20), *[one] * 50_000])
    frames = decode_frames(data, 20)
    assert len(frames.pixels) == limits.MAX_FRAMES and frames.cut == "frames"


def test_the_first_seconds_of_a_long_one() -> None:
    data = gif(16, 16, [block(patch(index % 3, 16, 16), duration=3000) for index in range(20)])
    frames = decode_frames(data, 20)
    assert frames.cut == "seconds"
    assert len(frames.pixels) == -(-limits.MAX_SECONDS // 3)


def test_very_many_blocks_without_a_frame() -> None:
    crumbs = b"!\xfe" + b"\1a" * MOST_STEPS + b"\0"
    with pytest.raises(PictureProblem) as problem:
        decode_frames(gif(16, 16, [block(patch(0, 16, 16)), crumbs, block(patch(1, 16, 16))]), 20)
    assert problem.value.code == "too_slow"


def test_what_moves_by_no_means_is_drawn_as_a_still_is() -> None:
    whole = encoded(photo(64, 48), "JPEG")
    assert decode_frames(whole[:-2] + b"acTL", 64).pixels.shape == (1, 48, 64, 3)


def test_zero_times_are_not_endless() -> None:
    data = gif(16, 16, [block(patch(index % 3, 16, 16)) for index in range(1000)])
    frames = decode_frames(data, 20)
    assert frames.cut == "frames" and sum(frames.durations_ms) == 100 * limits.MAX_FRAMES


def test_a_large_canvas_has_few_frames() -> None:
    side = 5000
    data = gif(side, side, [block(patch(index % 3, 8, 8), (index, 0)) for index in range(50)])
    frames = decode_frames(data, 20)
    assert frames.cut == "pixels"
    assert len(frames.pixels) == limits.MAX_DECODED_PIXELS // side**2


def test_many_columns_have_few_frames() -> None:
    data = gif(64, 64, [block(patch(index % 3, 64, 64)) for index in range(50)])
    frames = decode_frames(data, 200)
    assert frames.cut == "cells"
    assert len(frames.pixels) == limits.MAX_ANIMATION_CELLS // (200 * 100)
    assert decode_frames(data, 20).cut == ""


def test_a_canvas_over_the_limit_is_refused_unopened() -> None:
    with pytest.raises(PictureProblem) as problem:
        decode_frames(gif(8000, 8000, [block(patch(0, 8, 8))] * 3000), 64)
    assert problem.value.code == "too_many_pixels"


def test_a_frame_that_would_enlarge_the_canvas_is_clipped() -> None:
    data = gif(16, 16, [block(patch(0, 16, 16)), block(patch(1, 16, 16)), block(patch(2, 900, 900), (5, 5))])
    frames = decode_frames(data, 64)
    assert frames.pixels.shape == (3, 16, 16, 3) and frames.cut == ""
    assert is_all(frames.pixels[2][5:, 5:], BLUE) and is_all(frames.pixels[2][:5], GREEN)


def test_an_apng_that_lies_about_its_frames() -> None:
    data = saved([photo(64, 48, seed) for seed in range(3)], "PNG", duration=40)
    at = data.index(b"acTL") + 4
    claim = struct.pack(">II", 2_147_483_647, 0)
    lie = data[:at] + claim + struct.pack(">I", zlib.crc32(b"acTL" + claim)) + data[at + 12 :]
    assert len(decode_frames(lie, 64).pixels) == 3


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_damage_ends_an_animation_where_it_is(form: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3)).astype(np.uint8)
    whole = saved([Image.fromarray(frame) for frame in noise], form, duration=40)
    cut = decode_frames(whole[: len(whole) * 4 // 7], 64) if form != "WEBP" else None
    if cut is not None:  # libwebp reads the whole file's structure first, so there the first frame fails
        assert 1 <= len(cut.pixels) < 6 and cut.cut == "broken"
        assert (cut.pixels == decode_frames(whole, 64).pixels[: len(cut.pixels)]).all()
    # Where even the first frame ends early, a still picture is left of it, or none.
    if form == "WEBP":
        with pytest.raises(PictureProblem) as problem:
            decode_frames(whole[: len(whole) // 20], 64)
        assert problem.value.code == "broken"
    else:
        assert decode_frames(whole[: len(whole) // 10], 64).cut in ("part", "broken")


def test_it_runs_without_torch() -> None:
    """It is what the worker's decoding process imports, which has little memory and must start quickly."""
    code = "import sys; sys.modules['torch'] = None; import models.rendering.frames"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_does_not_move_is_decoded_as_any_picture() -> None:
    huge = encoded(Image.new("L", (9000, 9000), 119), "JPEG")
    assert decode_frames(huge, 64).pixels.shape == (1, 512, 512, 3)
    pages = saved([photo(64, 48, seed) for seed in range(3)], "TIFF")
    assert np.array_equal(decode_frames(pages, 64).pixels, decode(pages)[None])
