"""What is said of a picture's file that cannot be drawn: of files, where Discord's users read of sending."""

import re
from importlib.metadata import PackageNotFoundError, requires
from typing import Final

from models.problems import PictureProblem

FILE_SENTENCES: Final[dict[str, str]] = {
    "empty": "That file is empty.",
    "not_a_picture": "I cannot read that file as a picture. I read PNG, JPEG, GIF, WebP, AVIF, TIFF and BMP, and "
    "videos as MP4, MOV and WebM.",
    "no_heic": "I cannot read HEIC photos here. Please save it as a JPEG, or install what reads it: pip install "
    "'{requirement}'",
    "no_video": "I cannot read videos here. Please save it as a GIF, or install what reads it: pip install "
    "'{requirement}'",
    "sound_alone": "There is no picture in that file, only sound.",
    "unknown_codec": "I cannot unpack that kind of video. Please save it as an MP4 with H.264.",
    "encrypted": "That video is encrypted, so I cannot read it. Please take a copy that is not.",
    "unknown_tiff": "I cannot read that kind of TIFF ({kind}). Please save it as a PNG or JPEG.",
    "broken": "That picture is damaged or cut short, so I cannot read it. Please save it again.",
    "too_many_bytes": "That file is larger than {limit_mb} MB. Please take a smaller one.",
    "too_many_pixels": "That picture measures {width}×{height}, which is more than I can take "
    "({limit_mp} megapixels). Please take a smaller one.",
    "too_small": "That picture is only {width}×{height} pixels. Please take one of at least {least}×{least}.",
    "too_heavy": "That picture takes more memory to unpack than I have. Please take a smaller one, or save it "
    "again as an ordinary PNG or JPEG.",
    "bad_palette": 'I do not know that palette. Choose {names}, give one colour like "#ff69b4", or give two '
    'colours like "#0000ff-#ff69b4".',
    "bad_palette_near": 'I do not know that palette. Did you mean "{near}"? Otherwise choose {names}, give one '
    'colour like "#ff69b4" or "red", or give two colours like "#0000ff-#ff69b4".',
}
"""By code; where there is none here, models.sentences has one that says nothing of sending."""

EXTRAS: Final = {"no_heic": "heic", "no_video": "video"}
"""The extras that were not installed, by the problem that this makes."""


def in_words(problem: PictureProblem) -> str:
    """What to say of a picture to whoever typed its name."""
    sentence = FILE_SENTENCES.get(problem.code)
    if sentence is None:
        return str(problem)
    extra = EXTRAS.get(problem.code)
    return sentence.format(**problem.facts, **({"requirement": requirement(extra)} if extra else {}))


def reason(problem: PictureProblem | OSError) -> str:
    """What to say after the name of a picture's file."""
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return in_words(problem)


def requirement(extra: str) -> str:
    """What pip installs for an extra, as the package that is installed says, or else the extra's own name."""
    try:
        entries = requires("glyphcord") or []
    except PackageNotFoundError:  # run from a folder
        entries = []
    of_extra = re.compile(rf"""([^;]+);.*\bextra == ["']{extra}["']""")
    found = next((match[1].strip() for entry in entries if (match := of_extra.fullmatch(entry))), None)
    return found or f"glyphcord[{extra}]"
