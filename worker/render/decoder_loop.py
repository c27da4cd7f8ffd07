"""The decoding process's own loop, once it is shut in: questions in, pixels out."""

import json
import signal
from typing import IO, Any, Final

import numpy as np

from models.palettes import BackgroundChoice
from models.problems import PictureProblem
from models.rendering.decoding import decode_frames, decode_still
from models.rendering.frames import LONGEST_MS, Frames

SHARE: Final = 0.7
"""Of the seconds for a file: after so much a video ends with the frames that are there."""


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until `questions` ends, as it does when the worker is gone."""
    while line := questions.readline():
        question = json.loads(line)
        data = questions.read(question["bytes"])
        signal.setitimer(signal.ITIMER_REAL, question["limit_s"])
        frames: Frames | None = None
        try:
            frames = _decode(data, question)
            answer = {
                "size": frames.pixels.shape[:3],
                "durations_ms": frames.durations_ms,
                "plays": frames.plays,
                "cut": frames.cut,
                "background": frames.background,
            }
        except PictureProblem as problem:
            answer = {"code": problem.code, "detail": problem.detail[:1000], "facts": problem.facts}
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer).encode() + b"\n")
        if frames is not None:
            answers.write(frames.pixels.data.cast("B"))
        answers.flush()


def _decode(data: bytes, question: dict[str, Any]) -> Frames:
    """The frames, or the first one alone, as large as a still picture may be."""
    background: BackgroundChoice = question["background"]
    if "moving" in question:
        return decode_frames(data, question["columns"], background, SHARE * question["limit_s"])
    still = decode_still(data, background)
    pixels = np.ascontiguousarray(still.pixels)[None]
    return Frames(pixels, (LONGEST_MS,), 1, "part" if still.partial else "", still.background)
