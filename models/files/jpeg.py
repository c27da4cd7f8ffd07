"""A JPEG's segments: the first picture of a file, without what lies around it."""

import re
from dataclasses import dataclass
from typing import Final

from models.problems import PictureProblem

SIGNATURE: Final = b"\xff\xd8\xff"
MOST_MARKERS: Final = 10_000
"""More than any ordinary file has; as many as fit would keep a reader busy for minutes."""
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOS, _COMMENT, _APP0, _APP15 = 0xDA, 0xFE, 0xE0, 0xEF
# Markers without a length and contents: TEM, restarts, another SOI.
_BARE: Final = (0x01, *range(0xD0, 0xD9))
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = (0xC2, 0xC6, 0xCA, 0xCE)
# What applications wrote and a decoder needs: how colours are coded, EXIF's orientation, the colour profile.
_NEEDED: Final = {0xE0: b"JFIF\0", 0xE1: b"Exif\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
# Any number of 0xFF may precede a marker: one is enough, or a run of them would take the square of its length.
_ANY_MARKER: Final = re.compile(rb"\xff[^\xff]")
# Where compressed pixels end: a marker that is neither an escaped 0xFF nor a restart.
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True)
class JpegFile:
    """`data` is the picture alone, of so many scans. If its end is missing, so that it is not `whole`, `data` has
    none either.
    """

    data: bytes
    scans: int
    progressive: bool
    whole: bool

    @property
    def ended(self) -> bytes:
        """The picture with an end in any case, at which decoders make do with what they have."""
        return self.data if self.whole else self.data + _EOI


def picture_of(data: bytes) -> JpegFile:
    """Find the first picture of a file that begins as a JPEG; the second of a camera's MPO is left out, say.

    A segment that is cut short ends it. Of comments and applications' segments, only needed ones stay. Raises
    PictureProblem `too_slow` for MOST_MARKERS.
    """
    kept, at, scans, progressive, whole = [_SOI], 2, 0, False, False
    markers = 0
    while found := _ANY_MARKER.search(data, at):
        if (markers := markers + 1) > MOST_MARKERS:
            raise PictureProblem("too_slow", f"over {MOST_MARKERS} markers")
        at = found.end()
        marker = data[at - 1]
        if marker == _EOI[1]:
            whole = True
            break
        if marker in _BARE or marker < min(_FRAMES):
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2:  # shorter than the length itself: there is nothing to skip
            at += 2
            continue
        if end > len(data):
            break
        body, at = data[at + 2 : end], end
        if marker == _SOS:
            scans += 1
            pixels = _MARKER.search(data, end)
            at = pixels.start() if pixels else len(data)
        elif marker in _FRAMES:
            progressive = marker in _PROGRESSIVE
        elif _APP0 <= marker <= _APP15 or marker == _COMMENT:
            needed = _NEEDED.get(marker)
            if needed is None or not body.startswith(needed):
                continue
        kept.append(data[found.end() - 2 : at])
    return JpegFile(b"".join(kept) + (_EOI if whole else b""), scans, progressive, whole)
