"""A TIFF's first page, of kinds of numbers that Pillow does not know: as pages of bytes, which it does.

TIFF allows any number of bits, signed or floating point, in any number of samples. Pillow knows a list of those,
but its libtiff unpacks all of them alike. So the directory is written anew: grey of 8 bits, one pixel a byte.
"""

import struct
from dataclasses import dataclass
from typing import Final, Literal

from models.problems import PictureProblem

SIGNATURES: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"II\0*", b"MM*\0")
"""The last two have the number the other way round, as some programs have written it."""
UNSIGNED, SIGNED, FLOATING = 1, 2, 3
"""What SampleFormat says of the numbers."""
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
"""What PhotometricInterpretation says of the samples, as far as such files are read."""
HORIZONTAL, BY_BYTES = 2, 3
"""Predictors: each number, or each byte of floating-point ones, less the one before it."""
MOST_BYTES: Final = 160_000_000
"""Of unpacked numbers; 40 megapixels of single precision."""

_BIG: Final = 43
_MOST_TAGS, _FEW, _MANY = 1000, 64, 1_000_000
_SIZES: Final = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _SAMPLES, _ROWS, _COUNTS, _PLANAR, _PREDICTOR = 273, 277, 278, 279, 284, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS, _EXTRA, _FORMAT = 322, 323, 324, 325, 338, 339
_ORIENTATION, _PROFILE = 274, 34675
_MOST_VALUES: Final = dict.fromkeys((_OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS, _PROFILE), _MANY)
_READ: Final = (1, 5, 8, 32773, 32946, 34925, 50000)
"""Compressions without loss: none, LZW, deflate, PackBits, deflate by its old number, LZMA, Zstandard."""


@dataclass(frozen=True)
class TiffFile:
    """The first page: size in px, `samples` for each, of `bits` bits, by TIFF's numbers for what they mean.

    `parts` are offset and length in bytes of each strip or tile, `part` its size in px; `extra` says what samples
    beyond the colours are. With `planes` each sample has parts of its own.
    """

    order: Literal["<", ">"]
    width: int
    height: int
    samples: int
    bits: int
    format: int
    photometric: int
    compression: int
    predictor: int
    planes: bool
    tiled: bool
    part: tuple[int, int]
    parts: tuple[tuple[int, int], ...]
    extra: tuple[int, ...]
    orientation: int
    profile: bytes

    @property
    def kind(self) -> str:
        """The kind in a few letters and numbers, for a sentence."""
        names = {UNSIGNED: "unsigned", SIGNED: "signed", FLOATING: "float"}
        name = names.get(self.format, f"type {self.format}")
        return f"{self.samples} × {self.bits}-bit {name}, compression {self.compression}"

    @property
    def readable(self) -> bool:
        """Whether `page` and what reads its bytes know this kind."""
        widths = {UNSIGNED: (8, 16, 32, 64), SIGNED: (8, 16, 32, 64), FLOATING: (16, 32, 64)}
        return (
            self.bits in widths.get(self.format, ())
            and self.compression in _READ
            and self.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB)
            and self.samples >= (3 if self.photometric == RGB else 1)
        )

    @property
    def mistaken(self) -> bool:
        """Whether Pillow takes some numbers of this kind for others: by their byte order, signs or planes."""
        unlike = self.planes and (self.bits > 8 or self.photometric != RGB)
        return self.readable and (unlike or self.format != UNSIGNED)

    @property
    def stored_width(self) -> int:
        """The width in px with all of the last tiles, which may reach beyond the picture."""
        return -(-self.width // self.part[0]) * self.part[0]

    def pages(self, data: bytes) -> list[bytes]:
        """TIFFs of grey bytes: one whose rows are this page's rows of samples, or one for each sample's plane.

        Rows are as long as they are stored: a predictor may mix the bytes of a whole tile's row. Raises
        PictureProblem `too_heavy` where that is over MOST_BYTES, packed or unpacked.
        """
        each = self.bits // 8 * (1 if self.planes else self.samples)
        unpacked = self.stored_width * self.height * self.bits // 8 * self.samples
        if max(unpacked, sum(length for _, length in self.parts)) > MOST_BYTES:
            raise PictureProblem("too_heavy", self.kind)
        count = self.samples if self.planes else 1
        step = len(self.parts) // count
        return [self._page(data, each, self.parts[step * plane : step * (plane + 1)]) for plane in range(count)]

    def _page(self, data: bytes, each: int, parts: tuple[tuple[int, int], ...]) -> bytes:
        order = self.order
        base = b"".join(data[at : at + length] for at, length in parts)
        offsets, at = list[int](), 8
        for _, length in parts:
            offsets.append(at)
            at += length
        fields = {
            _WIDTH: [self.stored_width * each],
            _HEIGHT: [self.height],
            _BITS: [8],
            _COMPRESSION: [self.compression],
            _PHOTOMETRIC: [BLACK_IS_ZERO],
            _SAMPLES: [1],
        }
        lengths = [length for _, length in parts]
        if self.tiled:
            fields |= {_TILE_WIDTH: [self.part[0] * each], _TILE_HEIGHT: [self.part[1]]}
            fields |= {_TILE_OFFSETS: offsets, _TILE_COUNTS: lengths}
        else:
            fields |= {_OFFSETS: offsets, _ROWS: [self.part[1]], _COUNTS: lengths}
        arrays, directory, start = b"", b"", at + at % 2
        table = 2 + 12 * len(fields) + 4
        for tag, values in sorted(fields.items()):
            packed = struct.pack(f"{order}{len(values)}I", *values)
            if len(values) > 1:
                place = start + table + len(arrays)
                arrays += packed
                packed = struct.pack(f"{order}I", place)
            directory += struct.pack(f"{order}HHI", tag, 4, len(values)) + packed
        head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
        body = struct.pack(f"{order}H", len(fields)) + directory + bytes(4)
        return head + base + bytes(at % 2) + body + arrays


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in px of the first page. Raises KeyError, IndexError or struct.error where it says none."""
    fields = _fields(data, (_WIDTH, _HEIGHT))
    return fields[_WIDTH][0], fields[_HEIGHT][0]


def read(data: bytes) -> TiffFile:
    """The first directory. Raises PictureProblem `broken` where there is none that makes sense."""
    try:
        return _file(_fields(data), _order(data), len(data))
    except (struct.error, IndexError, KeyError, ValueError, ArithmeticError) as error:
        raise PictureProblem("broken", repr(error)) from None


def _order(data: bytes) -> Literal["<", ">"]:
    return "<" if data.startswith(b"II") else ">"


def _fields(data: bytes, wanted: tuple[int, ...] | None = None) -> dict[int, tuple[int, ...]]:
    """The numbers behind each tag of the first directory, or behind those `wanted` alone."""
    order = _order(data)
    big = struct.unpack_from(f"{order}H", data, 2)[0] == _BIG
    at = struct.unpack_from(f"{order}Q" if big else f"{order}I", data, 8 if big else 4)[0]
    count = struct.unpack_from(f"{order}Q" if big else f"{order}H", data, at)[0]
    at += 8 if big else 2
    entry, inline = (f"{order}HHQ", 8) if big else (f"{order}HHI", 4)
    size = struct.calcsize(entry) + inline
    fields: dict[int, tuple[int, ...]] = {}
    for index in range(min(count, _MOST_TAGS)):
        tag, kind, number = struct.unpack_from(entry, data, at + size * index)
        letter = _SIZES.get(kind)
        if letter is None or tag in fields or number > _MOST_VALUES.get(tag, _FEW):
            continue
        if wanted is not None and tag not in wanted:
            continue
        place = at + size * (index + 1) - inline
        if struct.calcsize(letter) * number > inline:
            place = struct.unpack_from(f"{order}Q" if big else f"{order}I", data, place)[0]
        fields[tag] = struct.unpack_from(f"{order}{number}{letter}", data, place)
    return fields


def _file(fields: dict[int, tuple[int, ...]], order: Literal["<", ">"], length: int) -> TiffFile:
    def one(tag: int, otherwise: int) -> int:
        return fields.get(tag, (otherwise,))[0]

    bits, formats = fields.get(_BITS, (1,)), fields.get(_FORMAT, (UNSIGNED,))
    tiled = _TILE_OFFSETS in fields
    width, height = fields[_WIDTH][0], fields[_HEIGHT][0]
    part = (
        (one(_TILE_WIDTH, width), one(_TILE_HEIGHT, height)) if tiled else (width, min(height, one(_ROWS, height)))
    )
    offsets = fields[_TILE_OFFSETS if tiled else _OFFSETS]
    counts = fields.get(_TILE_COUNTS if tiled else _COUNTS, (length,) * len(offsets))
    samples, planes = one(_SAMPLES, 1), one(_PLANAR, 1) == 2
    across, down = -(-width // part[0]), -(-height // part[1])
    if len(set(bits)) > 1 or len(set(formats)) > 1 or len(offsets) < across * down * (samples if planes else 1):
        raise ValueError("samples or parts that do not fit together")
    return TiffFile(
        order=order,
        width=width,
        height=height,
        samples=samples,
        bits=bits[0],
        format=formats[0],
        photometric=one(_PHOTOMETRIC, BLACK_IS_ZERO),
        compression=one(_COMPRESSION, 1),
        predictor=one(_PREDICTOR, 1),
        planes=planes,
        tiled=tiled,
        part=part,
        parts=tuple(zip(offsets, counts, strict=True)),
        extra=fields.get(_EXTRA, ()),
        orientation=one(_ORIENTATION, 1),
        profile=bytes(fields.get(_PROFILE, ())),
    )
