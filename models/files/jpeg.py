"""A JPEG's segments: the first picture of a file, without what lies around it."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from models import limits
from models.problems import PictureProblem

SIGNATURE: Final = b"\xff\xd8\xff"
MOST_MARKERS: Final = 10_000
"""More than any ordinary file has; as many as fit would keep a reader busy for minutes."""
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOS, _COMMENT, _APP0, _APP15 = 0xDA, 0xFE, 0xE0, 0xEF
# Markers without a length and contents: TEM, restarts, another SOI.
_BARE: Final = (0x01, *range(0xD0, 0xD9))
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_FRAME_BYTES: Final = 5
# What applications wrote and a decoder needs: how colours are coded, EXIF's orientation, the colour profile.
_NEEDED: Final = {0xE0: b"JFIF\0", 0xE1: b"Exif\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
# Any number of 0xFF may precede a marker: one is enough, or a run of them would take the square of its length.
_ANY_MARKER: Final = re.compile(rb"\xff[^\xff]")
# Where compressed pixels end: a marker that is neither an escaped 0xFF nor a restart.
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_PART: Final = 2**20


@dataclass(frozen=True)
class JpegFile:
    """`data` is the picture alone. If its end is missing, so that it is not `whole`, `data` has none either."""

    data: bytes
    whole: bool

    @property
    def ended(self) -> bytes:
        """The picture with an end in any case, at which decoders make do with what they have."""
        return self.data if self.whole else self.data + _EOI


class Segment(NamedTuple):
    """A marker, where that begins, where its contents begin and end, and where the next one is looked for: behind a
    scan, its pixels' end."""

    marker: int
    start: int
    contents: int
    end: int
    after: int


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in px of the first picture. Raises PictureProblem `broken` where it has none, and `too_slow`
    for MOST_MARKERS or for more scans than limits.MAX_JPEG_SCANS."""
    size, scans = (0, 0), 0
    for segment in _segments(data):
        if segment.marker == _SOS:
            scans += 1
        elif segment.marker in _FRAMES and not scans and segment.end - segment.contents >= _FRAME_BYTES:
            height, width = struct.unpack_from(">HH", data, segment.contents + 1)
            size = (width, height)
    if not scans:
        raise PictureProblem("broken", "a JPEG without a scan")
    if scans > limits.MAX_JPEG_SCANS:
        raise PictureProblem("too_slow", f"{scans} scans")
    return size


def picture_of(data: bytes) -> JpegFile:
    """Find the first picture of a file that begins as a JPEG; the second of a camera's MPO is left out, say.

    A segment that is cut short ends it. Of comments and applications' segments, only needed ones stay. Raises
    PictureProblem `too_slow` for MOST_MARKERS.
    """
    kept, whole = [_SOI], False
    for marker, start, contents, end, after in _segments(data):
        if marker == _EOI[1]:
            whole = True
        elif _APP0 <= marker <= _APP15 or marker == _COMMENT:
            needed = _NEEDED.get(marker)
            if needed is None or not data.startswith(needed, contents, end):
                continue
        kept.append(data[start:after])
    return JpegFile(b"".join(kept), whole)


def _segments(data: bytes) -> Iterator[Segment]:
    """Those of the first picture, to its end or the first that is cut short."""
    at, markers = 2, 0
    while found := _find(_ANY_MARKER, data, at):
        if (markers := markers + 1) > MOST_MARKERS:
            raise PictureProblem("too_slow", f"over {MOST_MARKERS} markers")
        start, at = found.end() - 2, found.end()
        marker = data[at - 1]
        if marker == _EOI[1]:
            yield Segment(marker, start, at, at, at)
            return
        if marker in _BARE or marker < min(_FRAMES):
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2:  # shorter than the length itself: there is nothing to skip
            at += 2
            continue
        if end > len(data):
            return
        contents, at = at + 2, end
        if marker == _SOS:
            pixels = _find(_MARKER, data, end)
            at = pixels.start() if pixels else len(data)
        yield Segment(marker, start, contents, end, at)


def _find(marker: re.Pattern[bytes], data: bytes, at: int) -> re.Match[bytes] | None:
    """The first one from a place on. Looked for in parts, between which other threads get their turn."""
    for start in range(at, len(data), _PART):
        if found := marker.search(data, start, start + _PART + 1):
            return found
    return None
