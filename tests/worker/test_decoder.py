"""The decoding process: the same pixels as in-process, and no picture holds it, fills it or outlives it."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from PIL import Image

from models.problems import PictureProblem
from models.rendering.still import decode
from tests.worker.processes import REPOSITORY, running, until
from tests.worker.samples import BOT_TOKEN, photo
from worker.render.decoder import Decoder, DecoderFailed


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(limit_s=60) as warm:  # nothing here is about time but where it says so
        yield warm


@pytest.fixture(scope="module")
def slow() -> bytes:
    """A PNG of 39 megapixels with transparency: a second's work and 800 MB, within every limit of ours."""
    stream = io.BytesIO()
    Image.new("RGBA", (6500, 6000), (200, 30, 60, 128)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def pid_of(decoder: Decoder) -> int:
    assert decoder._child is not None
    return decoder._child.pid


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("background", ["light", "dark"])
def test_same_pixels_as_in_process(decoder: Decoder, background: str) -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (70, 50), (200, 30, 60, 128)).save(stream, "PNG")
    for data in (photo(), photo(2100, 700), stream.getvalue()):
        theirs = decoder.still(data, background)[0]  # type: ignore[arg-type]
        assert np.array_equal(theirs, decode(data, background=background))  # type: ignore[arg-type]
        assert theirs.flags.writeable


def test_part_of_a_picture_is_told_apart(decoder: Decoder) -> None:
    assert not decoder.still(photo()).partial
    assert decoder.still(photo()[:1500]).partial


@pytest.mark.parametrize("data", [b"", b"no picture", photo()[:300], photo(400, 8)])
def test_same_problem_as_in_process(decoder: Decoder, data: bytes) -> None:
    with pytest.raises(PictureProblem) as theirs:
        decoder.still(data)[0]
    with pytest.raises(PictureProblem) as ours:
        decode(data)
    assert (theirs.value.code, str(theirs.value)) == (ours.value.code, str(ours.value))
    assert theirs.value.detail.split(" at 0x")[0] == ours.value.detail.split(" at 0x")[0]


def test_picture_that_takes_too_long_costs_one_sentence(slow: bytes) -> None:
    with Decoder(limit_s=0.1) as decoder:
        before = pid_of(decoder)
        with pytest.raises(PictureProblem) as problem:
            decoder.still(slow)[0]
        assert problem.value.code == "too_slow"
        assert pid_of(decoder) != before and not running(before)
        decoder._limit_s = 60
        assert decoder.still(photo())[0].shape == (120, 160, 3)


def test_picture_that_takes_too_much_memory_costs_one_sentence(slow: bytes) -> None:
    if sys.platform == "darwin":
        pytest.skip("macOS does not limit a process's address space")
    with Decoder(
        python(f"import worker.render.decoder_process as d; d.MEMORY = {400 * 2**20}; d.main()"), limit_s=60
    ) as decoder:
        with pytest.raises(PictureProblem) as problem:
            decoder.still(slow)[0]
        assert problem.value.code == "too_heavy"
        before = pid_of(decoder)
        assert decoder.still(photo())[0].shape == (120, 160, 3)
        assert pid_of(decoder) == before


def test_largest_pictures_taken_fit_the_limit(decoder: Decoder, slow: bytes) -> None:
    assert decoder.still(slow)[0].shape == (1890, 2048, 3)


def test_killed_process_costs_no_picture(decoder: Decoder) -> None:
    decoder.still(photo())[0]
    os.kill(pid_of(decoder), signal.SIGKILL)
    assert np.array_equal(decoder.still(photo())[0], decode(photo()))


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", PictureProblem),
        ("os.kill(os.getpid(), signal.SIGKILL)", DecoderFailed),
        ("sys.exit(3)", DecoderFailed),
        ("print('{\"size\": [1000000, 1000000]}', flush=True)", DecoderFailed),
        ('print(\'{"code": "no such", "detail": "", "facts": {}}\', flush=True)', DecoderFailed),
        ('print(\'{"code": "too_small", "detail": "", "facts": []}\', flush=True)', DecoderFailed),
    ],
)
def test_process_that_dies_or_lies_each_time(deed: str, expected: type[Exception]) -> None:
    with Decoder(python(f"import os, signal, sys; sys.stdin.buffer.readline(); {deed}")) as decoder:
        with pytest.raises(expected) as caught:
            decoder.still(photo())[0]
        if isinstance(caught.value, PictureProblem):
            assert caught.value.code == "broken"


def test_program_that_is_not_there() -> None:
    with Decoder(["/nonexistent/python"]) as decoder, pytest.raises(DecoderFailed, match="cannot be started"):
        decoder.still(photo())[0]


def test_interrupted_question_does_not_answer_the_next(slow: bytes) -> None:
    """RQ ends a job that takes too long by raising from a signal, in the middle of whatever it does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise InterruptedError("the job's time is over")

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Decoder() as decoder:
            decoder.still(photo())[0]
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(InterruptedError):
                decoder.still(slow)[0]
            assert decoder.still(photo())[0].shape == (120, 160, 3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_process_ends_with_its_worker() -> None:
    code = (
        "import time; from worker.render.decoder import Decoder; "
        "print(Decoder()._child.pid, flush=True); time.sleep(99)"
    )
    worker = subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert worker.stdout is not None
    pid = int(worker.stdout.readline())
    assert running(pid)
    worker.kill()
    worker.wait()
    until(lambda: not running(pid), "the decoding process to end")
    worker.stdout.close()


def test_signals_meant_for_all_do_not_take_it_from_a_job(decoder: Decoder) -> None:
    decoder.still(photo())[0]
    before = pid_of(decoder)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    decoder.still(photo())[0]
    assert pid_of(decoder) == before


def test_a_core_more_takes_none_of_its_addresses(decoder: Decoder) -> None:
    """OpenBLAS starts a thread a core, with 40 MB of addresses each: 35 cores would leave nothing for a picture."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux shows a process's threads as a file")
    decoder.still(photo())
    status = Path(f"/proc/{pid_of(decoder)}/status").read_text()
    assert re.findall(r"^Threads:\s+(\d+)$", status, re.MULTILINE) == ["1"]


def test_no_secret_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("only Linux shows a process's environment as a file")
    monkeypatch.setenv("DISCORD_TOKEN", BOT_TOKEN)
    with Decoder() as decoder:
        decoder.still(photo())[0]
        environment = Path(f"/proc/{pid_of(decoder)}/environ").read_text()
    assert "PATH=" in environment and BOT_TOKEN not in environment
