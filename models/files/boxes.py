"""AVIF and HEIF: the size of the picture to be shown, from the boxes that a file consists of.

Their order is that of ISO/IEC 14496-12 and 23008-12. No box is looked at but those on the way to the size.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.containers import AVIF_BRANDS, HEIF_BRANDS
from models.problems import PictureProblem

MOST_STEPS: Final = 20_000
"""Boxes, and items with properties, that are looked at; a phone's photo of some hundred tiles has a thousand."""
_MOST_BRANDS: Final = 64
_BLOCK: Final = 64
"""px that codecs round a size up to."""
_MOVING: Final = b"avis"


class Box(NamedTuple):
    """Its kind, and where its contents are."""

    kind: bytes
    start: int
    end: int


def format_of(data: bytes) -> str | None:
    """`AVIF` or `HEIF` by the kinds that a file says it is of; None for what is no such file."""
    if data[4:8] != b"ftyp" or data[8:12] not in AVIF_BRANDS + HEIF_BRANDS:
        return None
    length = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MOST_BRANDS, len(data))
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))}
    return "AVIF" if brands & set(AVIF_BRANDS) else "HEIF"


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in px, before the picture is turned; of what moves, those of its largest track.

    Raises PictureProblem `broken` where none is found, and `too_slow` past MOST_STEPS; struct.error, too.
    """
    reader, top = _Reader(data), dict[bytes, Box]()
    for box in reader.boxes(0, len(data)):
        top.setdefault(box.kind, box)
    ways = [(reader.item, top.get(b"meta")), (reader.track, top.get(b"moov"))]
    for find, where in reversed(ways) if data[8:12] == _MOVING else ways:
        if where is not None and (size := find(where)) is not None:
            return size
    raise PictureProblem("broken", "no size in its boxes")


class _Reader:
    """Follows boxes for MOST_STEPS steps, whatever they say of each other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._steps = 0

    def boxes(self, at: int, end: int) -> Iterator[Box]:
        """Those side by side between two places; one that does not fit ends them."""
        while at + 8 <= end:
            self._step()
            length, kind = struct.unpack_from(">I4s", self._data, at)
            start = at + 8
            if length == 1 and at + 16 <= end:
                (length,) = struct.unpack_from(">Q", self._data, start)
                start += 8
            stop = end if length == 0 else at + length
            if not start <= stop <= end:
                # The last one's contents may be cut short: what is there of them counts.
                stop = end
            yield Box(kind, start, stop)
            at = stop

    def track(self, moov: Box) -> tuple[int, int] | None:
        """The largest track's size."""
        sizes = []
        for track in self.boxes(moov.start, moov.end):
            if track.kind == b"trak":
                for box in self.boxes(track.start, track.end):
                    if box.kind == b"tkhd" and box.end - box.start >= 84:
                        width, height = struct.unpack_from(">II", self._data, box.end - 8)
                        sizes.append((width >> 16, height >> 16))
        largest = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
        return largest if all(largest) else None

    def item(self, meta: Box) -> tuple[int, int] | None:
        """The primary item's size, among the properties that belong to it."""
        parts = dict[bytes, Box]()
        for box in self.boxes(meta.start + 4, meta.end):
            parts.setdefault(box.kind, box)
        primary, properties = parts.get(b"pitm"), parts.get(b"iprp")
        if primary is None or properties is None:
            return None
        wide = self._data[primary.start] > 0
        (number,) = struct.unpack_from(">I" if wide else ">H", self._data, primary.start + 4)
        belonging, lists = set[int](), list[Box]()
        for box in self.boxes(properties.start, properties.end):
            if box.kind == b"ipma":
                belonging.update(self._properties_of(number, box))
            elif box.kind == b"ipco":
                lists.append(box)
        size: tuple[int, int] | None = None
        for container in lists:
            for index, box in enumerate(self.boxes(container.start, container.end), 1):
                if index in belonging and box.kind == b"ispe":
                    size = struct.unpack_from(">II", self._data, box.start + 4)
                elif index in belonging and box.kind == b"clap" and size is not None:
                    size = self._without_padding(size, box)
        return size

    def _without_padding(self, size: tuple[int, int], box: Box) -> tuple[int, int]:
        """What is left of a size that a codec rounded up; one that is cropped by more is still unpacked whole."""
        width, parts, height, other_parts = struct.unpack_from(">4I", self._data, box.start)
        shown = (width // parts, height // other_parts)
        padded = all(0 <= whole - part < _BLOCK for whole, part in zip(size, shown, strict=True))
        return shown if padded else size

    def _properties_of(self, number: int, box: Box) -> list[int]:
        """The places in `ipco`, from 1, of an item's properties."""
        version, flags = self._data[box.start], self._data[box.start + 3]
        (count,) = struct.unpack_from(">I", self._data, box.start + 4)
        each, mask, letter = (2, 0x7FFF, "H") if flags & 1 else (1, 0x7F, "B")
        at = box.start + 8
        for _ in range(count):
            if at >= box.end:
                break
            self._step()
            (item,) = struct.unpack_from(">I" if version else ">H", self._data, at)
            at += 4 if version else 2
            many = self._data[at]
            at += 1
            if item == number:
                return [place & mask for place in struct.unpack_from(f">{many}{letter}", self._data, at)]
            at += many * each
        return []

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise PictureProblem("too_slow", f"over {MOST_STEPS} boxes")
