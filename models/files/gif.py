"""A GIF's blocks: its canvas, and each frame as a file of its own."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models import limits
from models.problems import PictureProblem

SIGNATURES: Final = (b"GIF87a", b"GIF89a")
MOST_STEPS: Final = 500_000
"""Blocks and sub-blocks; 20 MB of full ones are 80,000, and of single bytes ten million."""
_STEPS_BEFORE: Final = 100_000
"""Of those, before the first frame."""
_HEADER_BYTES: Final = 13
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_HAS_PALETTE, _INTERLACED = 0x80, 0x40
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_REPEAT: Final = 1
"""The number of the sub-block that says how often."""


@dataclass(frozen=True)
class GifFrame:
    """Place and size in px; `palette` is RGB bytes, empty for none; `pixels` is the code size and all sub-blocks.

    `transparent` is an index or None, `disposal` GIF's number. `whole` tells that the pixels' end has come.
    """

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    transparent: int | None
    disposal: int
    duration_ms: int
    pixels: bytes
    whole: bool

    def alone(self) -> bytes:
        """A GIF of these pixels without a palette, so that Pillow opens it as grey whose levels are the indices."""
        head = struct.pack("<6sHHBBB", b"GIF89a", self.width, self.height, 0, 0, 0)
        place = struct.pack("<BHHHHB", _IMAGE, 0, 0, self.width, self.height, _INTERLACED * self.interlaced)
        return head + place + self.pixels


@dataclass(frozen=True)
class GifFile:
    """`size` is the canvas, which a larger first frame enlarges; `plays` how often all is to run, 0 for ever.

    There is one frame more than are ever shown at most. `in_order` is False where something else than a block came.
    """

    size: tuple[int, int]
    frames: tuple[GifFrame, ...]
    plays: int
    in_order: bool


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in px: the canvas, which a larger first frame enlarges.

    Raises PictureProblem `broken` for no frame, and `too_slow` for too many blocks before it.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    _, at = _palette(data, _HEADER_BYTES, flags)
    steps = iter(range(_STEPS_BEFORE))
    while data[at : at + 1] == bytes([_EXTENSION]) and next(steps, None) is not None:
        at, _ = _end_of_blocks(data, at + 2, steps)
    if data[at : at + 1] == bytes([_IMAGE]):
        left, top, wide, high = struct.unpack_from("<HHHH", data, at + 1)
        return max(width, left + wide), max(height, top + high)
    if next(steps, None) is None:
        raise PictureProblem("too_slow", f"over {_STEPS_BEFORE} blocks")
    raise PictureProblem("broken", "no frames")


def read(data: bytes) -> GifFile:
    """Take a file apart, its end or the first damage being the end.

    Raises PictureProblem `broken` for no frame, and `too_slow` for MOST_STEPS.
    """
    width, height, flags = struct.unpack("<HHB", data[6:11].ljust(5, b"\0"))
    at = _HEADER_BYTES
    shared, at = _palette(data, at, flags)
    frames = list[GifFrame]()
    control, plays, in_order = b"", 1, True
    steps = iter(range(MOST_STEPS))
    while at < len(data) and next(steps, None) is not None:
        introducer, label = data[at], data[at + 1 : at + 2]
        if introducer == _TRAILER:
            break
        if introducer == _EXTENSION:
            blocks = at + 2
            at, _ = _end_of_blocks(data, blocks, steps)
            if label == bytes([_CONTROL]):
                control = data[blocks + 1 : blocks + 5]
            elif label == bytes([_APPLICATION]) and data[blocks + 1 : blocks + 12] in _LOOPS:
                plays = _repeats(data, blocks + 12, plays)
        elif introducer == _IMAGE:
            left, top, wide, high, flags = struct.unpack("<HHHHB", data[at + 1 : at + 10].ljust(9, b"\0"))
            own, start = _palette(data, at + 10, flags)
            at, whole = _end_of_blocks(data, start + 1, steps)
            if len(frames) <= limits.MAX_FRAMES:
                bits, delay, transparent = struct.unpack("<BHB", control.ljust(4, b"\0"))
                frames.append(
                    GifFrame(
                        left=left,
                        top=top,
                        width=wide,
                        height=high,
                        interlaced=bool(flags & _INTERLACED),
                        palette=own or shared,
                        transparent=transparent if bits & 1 else None,
                        disposal=bits >> 2 & 7,
                        duration_ms=10 * delay,
                        pixels=data[start:at],
                        whole=whole,
                    )
                )
            control = b""
        else:
            in_order = False
            break
    if next(steps, None) is None and len(frames) <= limits.MAX_FRAMES:
        raise PictureProblem("too_slow", f"over {MOST_STEPS} blocks")
    if not frames:
        raise PictureProblem("broken", "no frames")
    first = frames[0]
    size = (max(width, first.left + first.width), max(height, first.top + first.height))
    return GifFile(size, tuple(frames), plays, in_order)


def _palette(data: bytes, at: int, flags: int) -> tuple[bytes, int]:
    """The colour table that a block's flags announce, empty for none; and where it ends."""
    end = at + (3 << (flags & 7) + 1 if flags & _HAS_PALETTE else 0)
    return data[at:end], end


def _end_of_blocks(data: bytes, at: int, steps: Iterator[int]) -> tuple[int, bool]:
    """Where a chain of sub-blocks ends, and whether its last, empty one is there. Each takes one of `steps`."""
    while at < len(data) and next(steps, None) is not None:
        if (length := data[at]) == 0:
            return at + 1, True
        at += 1 + length
    return len(data), False


def _repeats(data: bytes, at: int, plays: int) -> int:
    """How often the animation plays by an application's first sub-block, which says how often it is repeated."""
    if data[at : at + 1] < b"\3" or data[at + 1] & 7 != _REPEAT:
        return plays
    again = int.from_bytes(data[at + 2 : at + 4], "little")
    return again + 1 if again else 0
