"""Decoding in a process of its own: warm, short of memory and of time, and no loss when it dies.

Picture libraries are C code fed by strangers: a small file can keep one busy for minutes, make it ask for
gigabytes, or crash it, and nothing in Python can interrupt that. So `worker.render.decoder_process` decodes, under
an address-space limit (which a process that uses CUDA could not bear) and the kernel's alarm clock, without the
bot's token in its environment, without a network or files (worker.render.confinement). It lives as long as its
worker and is replaced when it dies.

Over its pipes: a line of JSON says first what of its confinement failed. Then, one question at a time: a line of
JSON and the file's bytes go in; a line of JSON and the pixels, or the problem alone, come out. What libraries write
to standard error becomes one record of the log for each question.
"""

import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Final, cast, get_args

import numpy as np

from models import limits
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.palettes import BACKGROUNDS, DEFAULT_BACKGROUND, BackgroundChoice
from models.problems import PictureProblem
from models.rendering.frames import LONGEST_MS, Cut, Frames
from models.rendering.library_messages import Listener
from models.rendering.still import MAX_SIDE, Still
from worker.render.confinement import PROTECTIONS

_log = logging.getLogger(__name__)

LIMIT_S: Final = 10.0
"""Seconds for one picture; the slowest legitimate ones (40 megapixels, transparent) take about 2."""
COMMAND: Final = (sys.executable, "-m", "worker.render.decoder_process")

# All that Python needs to find itself and this package; none of our settings, and so no secret.
_INHERITED: Final = ["PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH"]
# glibc would give every picture's memory back and fault it in again for the next: 6 ms for a small photo. And each
# of FFmpeg's threads would take 64 MB of addresses for itself, each of OpenBLAS's (one a core) 40 MB: those add
# up to the limit.
_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20),
    "OPENBLAS_NUM_THREADS": "1",
}
_FACT: Final = 60
"""Letters of one fact in a sentence."""
_CRASHES: Final = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}
_TRIES: Final = 2
"""A process that dies may have been killed for its neighbours' sake; a picture that kills two is at fault."""


class DecoderFailed(Exception):
    """The decoding process cannot be started, or ends by no fault of the picture's."""


class Decoder:
    """A models.rendering.pipeline.Decoder in another process. For one thread at a time; a context manager.

    `replaced` counts the processes that died of a picture or had to be ended.
    """

    def __init__(self, command: Sequence[str] = COMMAND, *, limit_s: float = LIMIT_S) -> None:
        """Start the process, which gets ready while the caller goes on."""
        self._command = command
        self._limit_s = limit_s
        self.replaced = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._messages: Listener | None = None
        self._told: list[str] | None = None
        self._start()

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            _end(self._child)
        self._child = None
        self._log_messages()

    def still(self, data: bytes, background: BackgroundChoice = DEFAULT_BACKGROUND) -> Still:
        """As `models.rendering.decoding.decode_still`.

        Raises PictureProblem as it does, and for a picture that takes too long (`too_slow`) or crashes the
        process (`broken`); DecoderFailed when the process does not do its work.
        """
        frames = self._try({"background": background}, data)
        return Still(frames.pixels[0], frames.background, frames.cut == "part")

    def frames(self, data: bytes, columns: int | None, background: BackgroundChoice = DEFAULT_BACKGROUND) -> Frames:
        """As `models.rendering.decoding.decode_frames`. Raises as `still`."""
        return self._try({"background": background, "columns": columns, "moving": True}, data)

    def _try(self, question: dict[str, Any], data: bytes) -> Frames:
        """The process's answer; one that dies is replaced, and the next one is asked."""
        code = 0
        for _ in range(_TRIES):
            if self._child is None:
                self._start()
            child = self._child
            if child is None:
                raise DecoderFailed("the decoding process cannot be started")
            try:
                frames = self._ask(child, question, data)
                self._log_messages()
                return frames
            except PictureProblem:
                self._log_messages()
                raise
            except (BrokenPipeError, EOFError):
                code = self._replace(child)
            except BaseException:
                # The job's own timeout, say: the answer to this picture must not be taken for the next one's.
                self._replace(child)
                raise
            if code == -signal.SIGALRM:
                raise PictureProblem("too_slow", f"decoding took over {self._limit_s:g} s")
        if code in _CRASHES:
            raise PictureProblem("broken", f"decoding crashed {_TRIES} times: {signal.strsignal(-code)}")
        raise DecoderFailed(f"the decoding process ended {_TRIES} times, at last with {code}")

    def _ask(self, child: subprocess.Popen[bytes], question: dict[str, Any], data: bytes) -> Frames:
        stdin, stdout = _pipes(child)
        stdin.write(json.dumps(question | {"bytes": len(data), "limit_s": self._limit_s}).encode() + b"\n")
        stdin.write(data)
        stdin.flush()
        answer = _answer(stdout)
        if "missing" in answer:  # its first word
            self._tell([name for name in PROTECTIONS if name in answer["missing"]])
            answer = _answer(stdout)
        if "code" in answer:
            raise _problem(answer)
        if not _sane(answer, moving="moving" in question):
            raise DecoderFailed(f"the decoding process answered {str(answer)[:200]!r}")
        pixels = np.empty((*answer["size"], 3), np.uint8)
        if cast(io.BufferedReader, stdout).readinto(pixels.data.cast("B")) != pixels.nbytes:
            raise EOFError
        times = tuple(answer["durations_ms"])
        return Frames(pixels, times, answer["plays"], answer["cut"], answer["background"])

    def _start(self) -> None:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | _MEMORY
        reading, writing = os.pipe()
        self._messages = Listener(reading)
        try:
            self._child = subprocess.Popen(  # noqa: S603 our own command
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writing, env=environment
            )
        except OSError:
            _log.exception("decoder does not start")
        finally:
            os.close(writing)

    def _replace(self, child: subprocess.Popen[bytes]) -> int:
        """Put a fresh process in the place of one that ended or must end; the old one's exit code."""
        code = _end(child)
        self._child = None
        self.replaced += 1
        self._log_messages()
        _log.warning("decoder replaced ended=%d", code)
        self._start()
        return code

    def _tell(self, missing: list[str]) -> None:
        """Log how well the process is shut in, once and whenever that changes."""
        if missing == self._told:
            return
        self._told = missing
        if missing:
            _log.warning(
                "decoder can do more than it should missing=%s; see docs/security.md, What the decoder may do",
                ",".join(missing),
            )
        else:
            _log.info("decoder confined by=%s", ",".join(PROTECTIONS))

    def _log_messages(self) -> None:
        """What libraries wrote while they decoded, however much that is, as one record."""
        heard = self._messages.take() if self._messages is not None else None
        if heard is not None:
            _log.warning("decoder wrote lines=%d bytes=%d begin=%s", *heard)


def _end(child: subprocess.Popen[bytes]) -> int:
    with suppress(subprocess.TimeoutExpired):
        child.wait(0.2)  # one that is dying already has an exit code of its own to tell
    child.kill()
    for pipe in _pipes(child):
        with suppress(BrokenPipeError):
            pipe.close()
    return child.wait()


def _answer(stdout: IO[bytes]) -> dict[str, Any]:
    """A line of JSON. Raises EOFError where none comes."""
    line = stdout.readline(10_000)
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer


def _problem(answer: dict[str, Any]) -> PictureProblem:
    """What is wrong with the picture, by its code and facts. Raises DecoderFailed for an answer that is none."""
    try:
        facts = {
            name: fact if isinstance(fact, int) else str(fact)[:_FACT] for name, fact in answer["facts"].items()
        }
        return PictureProblem(answer["code"], str(answer["detail"])[:1000], **facts)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DecoderFailed(f"the decoding process answered {str(answer)[:200]!r}") from None


def _sane(answer: dict[str, Any], *, moving: bool) -> bool:
    """Whether a question for frames (`moving`) or for one picture may have this answer: pixels and times."""
    match answer:
        case {
            "size": [int(count), int(height), int(width)],
            "durations_ms": [*times],
            "plays": int(plays),
            "cut": cut,
            "background": background,
        }:
            page = limits.MAX_CELLS * CELL_WIDTH * CELL_HEIGHT if moving else MAX_SIDE**2
            most = max(page, limits.MAX_ANIMATION_CELLS * CELL_WIDTH * CELL_HEIGHT) if moving else page
            return (
                min(count, height, width) > 0
                and height * width <= page
                and count * height * width <= most
                and len(times) == count <= limits.MAX_FRAMES
                and all(isinstance(ms, int) and 0 < ms <= LONGEST_MS for ms in times)
                and plays >= 0
                and cut in get_args(Cut)
                and background in BACKGROUNDS
            )
    return False


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout)
