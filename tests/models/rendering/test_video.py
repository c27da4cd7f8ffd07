"""Videos become frames: whatever the container and the codec, with their times, turned, and bounded."""

import itertools
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models import limits
from models.formats import animation_columns
from models.problems import PictureProblem
from models.rendering import video as video_module
from models.rendering import video_file
from models.rendering.decoding import decode_frames, decode_still
from models.rendering.frames import Frames
from models.rendering.video import decode_video
from tests.models.videos import COLOURS, Pixels, corner, plain, sound_alone, video

PAPER = {"light": (255, 255, 255), "dark": (17, 18, 20)}


def means(frames: Frames) -> list[tuple[float, ...]]:
    return [tuple(picture.mean((0, 1))) for picture in frames.pixels]


def code_of(data: bytes) -> str:
    with pytest.raises(PictureProblem) as problem:
        decode_frames(data, 64, "light")
    return problem.value.code


@pytest.mark.parametrize(
    ("codec", "form", "pix_fmt"),
    [
        ("libx264", "mp4", "yuv420p"),
        ("libx264", "mov", "yuv420p"),
        ("libx265", "mp4", "yuv420p"),
        ("libsvtav1", "mp4", "yuv420p"),
        ("libsvtav1", "webm", "yuv420p"),
        ("libvpx", "webm", "yuv420p"),
        ("libvpx-vp9", "webm", "yuv420p"),
        ("libvpx-vp9", "matroska", "yuv420p"),
        ("mpeg4", "mp4", "yuv420p"),
        ("mjpeg", "mov", "yuvj420p"),
        ("prores", "mov", "yuv422p10le"),
    ],
)
@pytest.mark.parametrize("sound", [False, True])
def test_each_container_and_codec(codec: str, form: str, pix_fmt: str, sound: bool) -> None:
    data = video([plain(colour) for colour in COLOURS], codec=codec, form=form, pix_fmt=pix_fmt, sound=sound)
    frames = decode_frames(data, 64, "light")
    assert frames.durations_ms == (100,) * len(COLOURS)
    assert np.allclose(means(frames), COLOURS, atol=4)
    assert (frames.plays, frames.cut) == (0, "")
    still, *_ = decode_still(data, "light")
    assert np.allclose(still.mean((0, 1)), COLOURS[0], atol=4)


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_frames_last_as_long_as_the_file_says(form: str) -> None:
    """A variable frame rate, and a beginning that is not at 0."""
    codec = {"mp4": "libx264", "webm": "libvpx-vp9"}[form]
    times = [5000, 5050, 6000, 6033, 7000, 7500]
    frames = decode_frames(video([plain(c) for c in COLOURS], times, codec=codec, form=form), 64, "light")
    assert frames.durations_ms == (50, 950, 33, 967, 500, 100)


@pytest.mark.parametrize(
    ("count", "interval_ms", "every", "cut"),
    [(150, 40, 1, ""), (151, 40, 2, ""), (600, 25, 4, ""), (700, 40, 4, "seconds")],
)
def test_every_so_manieth_frame_of_a_long_one(count: int, interval_ms: int, every: int, cut: str) -> None:
    pictures = [plain(COLOURS[index % len(COLOURS)], 32, 16) for index in range(count)]
    data = video(pictures, [interval_ms * index for index in range(count)], last_ms=interval_ms)
    frames = decode_frames(data, 64, "light")
    drawn = min(count, limits.MAX_SECONDS * 1000 // interval_ms)
    assert len(frames.pixels) == -(-drawn // every) <= limits.MAX_FRAMES
    assert set(frames.durations_ms[:-1]) == {every * interval_ms}
    assert sum(frames.durations_ms) == pytest.approx(drawn * interval_ms, abs=50)
    assert np.allclose(means(frames)[1], COLOURS[every % len(COLOURS)], atol=4)
    assert frames.cut == cut


@pytest.mark.parametrize(
    ("gaps", "drawn"),
    [
        ([33, 33, 33, 67] * 108, range(140, 151)),  # a phone in low light, 18 s
        ([7] * 150 + [73] * 149, range(130, 151)),  # a screen on which little happens after a while, 12 s
        ([16] * 200 + [300] * 40, range(140, 151)),  # the same, and every second one is few enough
    ],
)
def test_frames_that_come_unevenly_are_drawn_to_the_end(gaps: list[int], drawn: range) -> None:
    pictures = [plain(COLOURS[index % len(COLOURS)], 32, 16) for index in range(len(gaps))]
    times = list(itertools.accumulate(gaps[:-1], initial=0))
    frames = decode_frames(video(pictures, times, last_ms=gaps[-1]), 64, "light")
    assert len(frames.pixels) in drawn
    assert max(frames.durations_ms) <= 300, "nothing stands still"
    assert (sum(frames.durations_ms), frames.cut) == (sum(gaps), "")


def test_a_large_page_has_fewer_frames_over_the_same_time() -> None:
    pictures = [corner(320, 240)] * 60
    few, many = (decode_frames(video(pictures), columns, "light") for columns in (200, 40))
    assert len(few.pixels) * 200 * 75 <= limits.MAX_ANIMATION_CELLS and len(many.pixels) == 60
    assert sum(few.durations_ms) == sum(many.durations_ms) == 6000


@pytest.mark.parametrize(("size", "columns", "most"), [((90, 160), 45, 111), ((160, 90), 64, 150)])
def test_what_is_high_has_fewer_columns_where_nobody_says_how_many(
    size: tuple[int, int], columns: int, most: int
) -> None:
    assert animation_columns(*size) == columns
    frames = decode_frames(video([plain(COLOURS[0], *size)] * most), None, "light")
    assert len(frames.pixels) == most


@pytest.mark.parametrize(
    ("degrees", "hflip", "turned"),
    [
        (0, False, lambda p: p),
        (90, False, lambda p: np.rot90(p, 1)),
        (180, False, lambda p: np.rot90(p, 2)),
        (270, False, lambda p: np.rot90(p, 3)),
        (0, True, lambda p: p[:, ::-1]),
    ],
)
def test_a_turned_phone(degrees: int, hflip: bool, turned: Callable[[Pixels], Pixels]) -> None:
    data = video([corner()] * 2, prepare=lambda stream: stream.set_display_rotation(degrees, hflip=hflip))
    for picture in (decode_frames(data, 64, "light").pixels[1], decode_still(data, "light")[0]):
        expected = turned(corner()).astype(int)
        assert picture.shape == expected.shape
        assert np.abs(picture - expected).mean() < 6


@pytest.mark.parametrize(("ratio", "size"), [("2:1", (192, 64)), ("1:2", (96, 128)), ("0:1", (96, 64))])
def test_pixels_that_are_no_squares(ratio: str, size: tuple[int, int]) -> None:
    def prepare(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(ratio.replace(":", "/"))

    picture = decode_frames(video([corner()] * 2, prepare=prepare), 64, "light").pixels[0]
    assert picture.shape[1::-1] == size


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such call")
def test_whoever_encodes_a_video_keeps_its_priority() -> None:
    """Else libvpx, which spins until its other threads are done, could wait for ever for one that has no core."""
    before = os.sched_getscheduler(0)
    video([corner()] * 2, codec="libsvtav1")
    assert os.sched_getscheduler(0) == before == os.SCHED_OTHER


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("background", ["light", "dark"])
def test_what_is_transparent_shows_paper(codec: str, background: str) -> None:
    alpha = np.zeros((48, 64, 1), np.uint8)
    alpha[:, :32] = 255
    pictures = [np.dstack((plain(colour), alpha)) for colour in COLOURS]
    data = video(pictures, codec=codec, form="webm", pix_fmt="yuva420p", options={"auto-alt-ref": "0"})
    frames = decode_frames(data, 64, background)  # type: ignore[arg-type]
    for picture, colour in zip(frames.pixels, COLOURS, strict=True):
        assert np.allclose(picture[:, :28].mean((0, 1)), colour, atol=5)
        assert np.allclose(picture[:, 36:].mean((0, 1)), PAPER[background], atol=3)


def colours(matrix: int, range_: int, transfer: int, primaries: int) -> Callable[[Any], None]:
    """How a stream names its colours, in ITU-T H.273's numbers; `range_` 1 is limited, 2 is full."""

    def prepare(stream: Any) -> None:
        context = stream.codec_context
        context.colorspace, context.color_range = matrix, range_
        context.color_trc, context.color_primaries = transfer, primaries

    return prepare


WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""Of red and blue in the luma of BT.709, BT.601 and BT.2020."""


def read_as(colour: tuple[int, ...], matrix: int, range_: int) -> Any:
    """What a colour is that was written by BT.601 in limited range, as these tests' videos are, and is read so."""
    red, blue = WEIGHTS[5]
    luma = np.dot(colour, (red, 1 - red - blue, blue))
    y, cb, cr = luma, (colour[2] - luma) / (2 - 2 * blue), (colour[0] - luma) / (2 - 2 * red)
    if range_ == 2:
        y, cb, cr = 16 + y * 219 / 255, cb * 224 / 255, cr * 224 / 255
    red, blue = WEIGHTS[matrix]
    r, b = y + (2 - 2 * red) * cr, y + (2 - 2 * blue) * cb
    return np.clip((r, (y - red * r - blue * b) / (1 - red - blue), b), 0, 255)


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("range_", [1, 2])
def test_each_matrix_and_range(matrix: int, range_: int) -> None:
    data = video([plain(colour) for colour in COLOURS], prepare=colours(matrix, range_, 1, 1))
    expected = [read_as(colour, matrix, range_) for colour in COLOURS]
    assert np.allclose(means(decode_frames(data, 64, "light")), expected, atol=4)


@pytest.mark.parametrize(("height", "matrix"), [(718, 5), (720, 1)])
def test_a_video_that_does_not_name_its_matrix(height: int, matrix: int) -> None:
    frames = decode_frames(video([plain(COLOURS[0], 64, height)]), 64, "light")
    assert np.allclose(means(frames), read_as(COLOURS[0], matrix, 1), atol=4)


@pytest.mark.parametrize(
    ("transfer", "shown"),
    [
        (16, (0, 1, 6, 18, 34, 54, 80, 112, 150, 200, 227, 249, 255, 255, 255, 255)),
        (18, (0, 3, 16, 31, 46, 61, 76, 91, 106, 126, 148, 177, 206, 224, 240, 254)),
    ],
    ids=["PQ", "HLG"],
)
def test_hdr_looks_as_in_chromium(transfer: int, shown: tuple[int, ...]) -> None:
    """Greys of 10 bits, 17 apart in 8, as Chromium's canvas had them on a screen without HDR."""
    greys = np.concatenate([plain((level,) * 3, 24, 48) for level in range(0, 256, 17)], 1)
    data = video([greys], codec="libsvtav1", pix_fmt="yuv420p10le", prepare=colours(9, 1, transfer, 9))
    row = decode_frames(data, 64, "light").pixels[0, 24, 12::24]
    assert np.allclose(row, np.array(shown)[:, None], atol=4)


def test_sound_alone_is_no_picture() -> None:
    assert {code_of(sound_alone()), code_of(sound_alone("webm"))} == {"sound_alone"}


def test_an_encrypted_video() -> None:
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0f" * 16, "encryption_kid": "11" * 16}
    assert code_of(video([corner()] * 3, container=key)) == "encrypted"


def test_a_codec_that_is_not_taken() -> None:
    assert code_of(video([corner()] * 3, codec="ffv1", form="matroska")) == "unknown_codec"


def test_a_video_without_its_index_is_damaged() -> None:
    data = video([corner()] * 30)
    assert code_of(data[: data.index(b"moov") - 4]) == "broken"


FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


@pytest.mark.parametrize(
    ("form", "codec", "container"),
    [("mp4", "libx264", {"moov_size": "4000"}), ("mp4", "libx264", FRAGMENTED), ("webm", "libvpx-vp9", {})],
    ids=["index first", "fragmented", "webm"],
)
@pytest.mark.parametrize("sound", [False, True])
def test_what_is_there_of_a_video_that_is_cut_short(
    form: str, codec: str, container: dict[str, str], sound: bool
) -> None:
    pictures = [corner() if index % 2 else plain((90, 90, 90), 96, 64) for index in range(50)]
    data = video(pictures, codec=codec, form=form, container=container, options={"g": "5"}, sound=sound)
    whole, part = (decode_frames(some, 64, "light") for some in (data, data[: 4000 + (len(data) - 4000) // 2]))
    assert (len(whole.pixels), whole.cut) == (50, "")
    assert 5 < len(part.pixels) < 45
    assert np.array_equal(part.pixels[:5], whole.pixels[:5])
    if container is not FRAGMENTED:  # each fragment is whole by itself, and nothing says how many there are
        assert part.cut == "broken"


def test_one_frame_is_a_picture() -> None:
    frames = decode_frames(video([corner()]), 64, "light")
    assert len(frames.pixels) == 1


def test_what_is_not_decoded_in_time_is_left_out() -> None:
    frames = decode_video(video([corner()] * 20), 64, most_s=0.0)
    assert (len(frames.pixels), frames.durations_ms, frames.cut) == (1, (100,), "slow")


def test_where_time_runs_short_frames_that_none_refers_to_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock on which every look takes 10 ms: 60 frames may take 40 of them."""
    data = video([corner()] * 60, options={"preset": "medium", "bf": "3"})
    assert len(decode_video(data, 64).pixels) == 60
    clock = itertools.count()
    monkeypatch.setattr(video_module, "time", SimpleNamespace(monotonic=lambda: next(clock) / 100))
    monkeypatch.setattr(video_module, "_PATIENCE_S", -1.0)
    frames = decode_video(data, 64, most_s=0.4)
    assert 10 < len(frames.pixels) < 40
    assert (sum(frames.durations_ms), frames.cut) == (6000, "")


@pytest.mark.parametrize("before", [b"", b"\0\0\0\x14ftypisom\0\0\0\0isom", b"\x1a\x45\xdf\xa3\x80webm"])
@pytest.mark.parametrize(
    "other",
    [
        b"ffconcat version 1.0\nfile '%s'\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:%s\n#EXT-X-ENDLIST\n",
        b"<?xml version='1.0'?><MPD><BaseURL>%s</BaseURL></MPD>",
    ],
    ids=["concat", "hls", "dash"],
)
def test_a_list_of_other_files_is_no_video(before: bytes, other: bytes, tmp_path: Path) -> None:
    """FFmpeg knows such lists, and would open what they name."""
    (tmp_path / "secret.mp4").write_bytes(video([corner()] * 3))
    with pytest.raises(PictureProblem) as problem:
        decode_frames(before + other % str(tmp_path / "secret.mp4").encode(), 64, "light")
    assert problem.value.code in ("not_a_picture", "broken")


def test_nothing_else_is_opened_whatever_asks_for_it() -> None:
    with pytest.raises(PermissionError):
        video_file._refuse("file:/etc/passwd", 1, {})
