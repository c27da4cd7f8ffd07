"""A BMP's header, which has its size."""

import struct
from typing import Final

from models.problems import PictureProblem

SIGNATURE: Final = b"BM"
_AT: Final = 14
_OLDEST: Final = 12
_LENGTHS: Final = (40, 52, 56, 64, 108, 124)


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in px. Raises PictureProblem `not_a_picture`: two letters alone are no sign of a BMP."""
    head = data[_AT : _AT + 12].ljust(12, b"\0")
    length, width, height = struct.unpack("<Iii", head)
    if length == _OLDEST:
        width, height = struct.unpack("<HH", head[4:8])
    elif length not in _LENGTHS:
        width = height = 0
    if width <= 0 or height == 0:
        raise PictureProblem("not_a_picture", f"no BMP: begins {data[:26]!r}")
    return width, abs(height)  # the rows of a negative height come from the top
