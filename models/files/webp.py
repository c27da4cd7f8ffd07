"""A WebP's first chunk, which has its size."""

import struct

from models.problems import PictureProblem

_AT = 12
_LOSSY_START, _LOSSLESS_START = b"\x9d\x01\x2a", b"\x2f"


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in px: of an animation its canvas. Raises PictureProblem `broken` or struct.error."""
    kind, body = data[_AT : _AT + 4], data[_AT + 8 : _AT + 18]
    if kind == b"VP8X":
        return 1 + _24_bits(body[4:7]), 1 + _24_bits(body[7:10])
    if kind == b"VP8L" and body[:1] == _LOSSLESS_START:
        (bits,) = struct.unpack("<I", body[1:5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[3:6] == _LOSSY_START:
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise PictureProblem("broken", f"a WebP that begins with {kind!r}")


def _24_bits(field: bytes) -> int:
    low, high = struct.unpack("<HB", field)
    return int(low + (high << 16))
