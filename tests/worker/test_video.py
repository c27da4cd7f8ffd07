"""Videos in the decoding process: the same frames, and none holds it, fills it or crashes it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.problems import PictureProblem
from models.rendering.decoding import decode_frames, decode_still
from tests.models.videos import COLOURS, corner, plain, sound_alone, video
from tests.worker.samples import photo
from tests.worker.test_decoder import pid_of, python
from worker.render.decoder import Decoder


@pytest.fixture(scope="module")
def small() -> bytes:
    return video([corner() if index % 2 else plain(COLOURS[0], 96, 64) for index in range(20)])


@pytest.fixture(scope="module")
def vast() -> bytes:
    """One frame of 33 megapixels: some tenths of a second's work in one call of FFmpeg's, and 200 MB of memory."""
    noise = np.random.default_rng(0).integers(0, 256, (4320, 7680, 1), np.uint8)
    return video([noise.repeat(3, 2)], codec="mjpeg", form="mov", pix_fmt="yuvj444p")


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(limit_s=60) as warm:
        yield warm


def test_same_frames_as_in_process(decoder: Decoder, small: bytes) -> None:
    theirs, ours = decoder.frames(small, 64, "light"), decode_frames(small, 64, "light")
    assert np.array_equal(theirs.pixels, ours.pixels)
    assert (theirs.durations_ms, theirs.plays, theirs.cut) == (ours.durations_ms, ours.plays, ours.cut)
    assert np.array_equal(decoder.still(small)[0], decode_still(small, "light")[0])


def test_same_problem_as_in_process(decoder: Decoder) -> None:
    with pytest.raises(PictureProblem) as problem:
        decoder.frames(sound_alone(), 64)
    assert problem.value.code == "sound_alone"


def test_largest_video_taken_fits_the_limit(decoder: Decoder, vast: bytes) -> None:
    assert decoder.frames(vast, 64).pixels.shape == (1, 288, 512, 3)


def test_threads_take_no_addresses_of_their_own(small: bytes) -> None:
    """FFmpeg alone takes some 140 MB. With what each thread had for itself it was 330 on two cores, and in the end
    more than a decoder may have."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells of a process's addresses")
    with Decoder(limit_s=60) as decoder:
        decoder.still(photo())
        before = peak_of_addresses(pid_of(decoder))
        for _ in range(20):
            decoder.frames(small, 64)
        assert peak_of_addresses(pid_of(decoder)) - before < 230 * 2**20


def peak_of_addresses(pid: int) -> int:
    return 1024 * int(Path(f"/proc/{pid}/status").read_text().split("VmPeak:")[1].split()[0])


def test_the_alarm_reaches_into_ffmpeg(small: bytes, vast: bytes) -> None:
    with Decoder(limit_s=60) as decoder:
        decoder.frames(small, 64)  # FFmpeg is loaded
        before, decoder._limit_s = pid_of(decoder), 0.05
        with pytest.raises(PictureProblem) as problem:
            decoder.still(vast)
        assert problem.value.code == "too_slow"
        assert pid_of(decoder) != before
        decoder._limit_s = 60
        assert decoder.still(photo())[0].shape == (120, 160, 3)


def test_a_video_that_takes_too_much_memory_costs_one_sentence(small: bytes, vast: bytes) -> None:
    if sys.platform == "darwin":
        pytest.skip("macOS does not limit a process's address space")
    with Decoder(
        python(f"import worker.render.decoder_process as d; d.MEMORY = {360 * 2**20}; d.main()"), limit_s=60
    ) as decoder:
        decoder.frames(small, 64)
        before = pid_of(decoder)
        with pytest.raises(PictureProblem) as problem:
            decoder.still(vast)
        assert problem.value.code == "too_heavy"
        decoder.frames(small, 64)
        assert pid_of(decoder) == before
