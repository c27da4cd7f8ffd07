"""A PNG's chunks: those that concern the pixels, as a file of its own for each frame.

Text is left out, however long it is. A wrong checksum means what it means to browsers: a note without which the
picture is the same, or no picture.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from models import limits
from models.files import png_colour
from models.problems import PictureProblem

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS: Final = 30_000
"""More than any ordinary file of 20 MB has; as many empty ones as fit would keep a reader busy for seconds."""
_MOST_PROFILE: Final = 4 * 2**20
"""Bytes of an unpacked colour profile; those of printers have about 2 MB."""
_HEADER_BYTES, _CONTROL_BYTES = 13, 26
_MOST_DISPOSE, _MOST_BLEND = 2, 1
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits of a value, by the colour type."""
_GREY_TYPES: Final = (0, 4)
_PALETTE_TYPE: Final = 3
_MOST_COLOURS: Final = 256
_NOTES: Final = frozenset({b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"eXIf", b"acTL"})


@dataclass(frozen=True)
class Chunk:
    """`raw` is all of it but its length: four letters, contents, checksum. It ends early where the file does."""

    raw: memoryview
    length: int

    @property
    def kind(self) -> bytes:
        return bytes(self.raw[:4])

    @property
    def body(self) -> memoryview:
        return self.raw[4 : 4 + self.length]

    @property
    def sound(self) -> bool:
        """Whether its checksum is right."""
        checksum = self.raw[4 + self.length :]
        return len(checksum) == 4 and zlib.crc32(self.raw[:-4]) == int.from_bytes(checksum, "big")


@dataclass(frozen=True)
class Control:
    """Of an APNG's frame: size and place in px, how long it is shown, and APNG's numbers for what becomes of it."""

    width: int
    height: int
    left: int
    top: int
    duration_ms: float
    dispose: int
    blend: int


@dataclass
class PngFrame:
    """Compressed pixels; `control` is None for a picture that is no part of an animation."""

    control: Control | None = None
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether no checksum but the last is wrong: what that one covers ends with the pixels."""
        return all(chunk.sound for chunk in self.chunks[:-1])

    @property
    def pixels(self) -> bytes:
        """The compressed pixels; a number precedes those in each chunk of an animation's later frames."""
        return b"".join(chunk.body[4:] if chunk.kind == b"fdAT" else chunk.body for chunk in self.chunks)


@dataclass(frozen=True)
class PngFile:
    """`header` is IHDR's body, `notes` the first sound chunk of each other kind before the pixels.

    `frames` are those before the first that is out of order, if any is (`in_order`), and no more than are ever
    shown. `ended`: the file's end came.
    """

    header: bytes
    notes: dict[bytes, bytes]
    frames: tuple[PngFrame, ...]
    in_order: bool
    ended: bool

    @property
    def size(self) -> tuple[int, int]:
        width, height = struct.unpack(">II", self.header[:8])
        return width, height

    @property
    def depth(self) -> int:
        """Bits of a value: 1 to 16."""
        return self.header[8]

    @cached_property
    def plays(self) -> int | None:
        """How often an animation is to run, 0 for ever; None if the file says that it is none."""
        said = self.notes.get(b"acTL", b"")
        return int.from_bytes(said[4:8], "big") if len(said) == 8 and any(said[:4]) else None

    @property
    def announced(self) -> int:
        """How many frames an animation says that it has."""
        return int.from_bytes(self.notes.get(b"acTL", b"")[:4], "big")

    @property
    def interlaced(self) -> bool:
        return self.header[12] == 1

    @property
    def grey(self) -> bool:
        return self.header[9] in _GREY_TYPES

    @cached_property
    def stored_profile(self) -> bytes:
        """The ICC profile in the file, unless video codes have precedence; empty for none."""
        return b"" if self._codes is not None else _unpacked(self.notes.get(b"iCCP", b""))

    @cached_property
    def told_profile(self) -> bytes:
        """An ICC profile for RGB, also of grey, by what else tells of the colours; empty for sRGB."""
        if self._codes is not None:
            return self._codes
        gamma, points = self.notes.get(b"gAMA", b""), self.notes.get(b"cHRM", b"")
        if self.stored_profile or b"sRGB" in self.notes or len(gamma) != 4:
            return b""
        number = int.from_bytes(gamma, "big")
        primaries = struct.unpack(">8I", points) if len(points) == 32 else None
        told = png_colour.from_gamma(number, primaries)
        # Grey has no primaries; but browsers believe no gamma beside ones that make no sense.
        return png_colour.from_gamma(number, None) if self.grey and told else told

    @cached_property
    def _codes(self) -> bytes | None:
        codes = self.notes.get(b"cICP", b"")
        if len(codes) != 4:
            return None
        return png_colour.from_codes(1 if self.grey else codes[0], codes[1])

    def alone(self, frame: PngFrame, without: int = 0) -> bytes:
        """A PNG of this frame, its palette and transparency, and nothing else; `without` its last so many bytes."""
        size = self.header[:8]
        if frame.control is not None:
            size = struct.pack(">II", frame.control.width, frame.control.height)
        parts = [_packed(b"IHDR", size + self.header[8:])]
        if palette := self.notes.get(b"PLTE"):
            # Whatever lies beyond the palette has its last colour.
            parts.append(_packed(b"PLTE", (palette + palette[-3:] * _MOST_COLOURS)[: 3 * _MOST_COLOURS]))
        parts += [_packed(kind, self.notes[kind]) for kind in (b"tRNS", b"eXIf") if kind in self.notes]
        pixels = frame.pixels
        idat = _packed(b"IDAT", pixels[: len(pixels) - without])
        return b"".join((SIGNATURE, *parts, idat, _packed(b"IEND", b"")))


def size_of(data: bytes) -> tuple[int, int]:
    """Width, height in px. Raises PictureProblem as `read`, and `broken` for values of a kind that no PNG has."""
    chunks = _chunks(data)
    header, pixels = _header(chunks), False
    width, height, depth, colour_type = struct.unpack(">IIBB", header.body[:10])
    if depth not in _DEPTHS.get(colour_type, ()):
        raise PictureProblem("broken", f"{depth} bits of colour type {colour_type}")
    for chunk in chunks:
        if (kind := chunk.kind) == b"IEND":
            break
        pixels = pixels or kind == b"IDAT"
    if not pixels:
        raise PictureProblem("broken", "no IDAT")
    return width, height


def read(data: bytes) -> PngFile:
    """Take a file apart. Raises PictureProblem `broken` where no pixels follow, and `too_slow` for MOST_CHUNKS."""
    chunks = _chunks(data)
    header = _header(chunks)
    size = struct.unpack(">II", header.body[:8])
    notes, frames = dict[bytes, bytes](), list[PngFrame]()
    control: Control | None = None
    sequence, in_order, ended = 0, True, False
    for chunk in chunks:
        kind = chunk.kind
        if kind == b"IEND":
            ended = True
            break
        if kind in (b"fcTL", b"fdAT") and in_order and b"acTL" in notes and len(frames) <= limits.MAX_FRAMES + 1:
            # One out of order ends the animation: later frames are drawn over what it would have left.
            in_order = int.from_bytes(chunk.body[:4], "big") == sequence
            sequence += 1
            if kind == b"fcTL" and in_order:
                control = _control(chunk, size)
                in_order = control is not None and (bool(frames) or (control.width, control.height) == size)
                if in_order and frames:
                    frames.append(PngFrame(control))
            elif in_order and len(frames) > 1:
                frames[-1].chunks.append(chunk)
        elif kind == b"IDAT":
            if not frames:
                frames.append(PngFrame(control if in_order else None))
            if len(frames) == 1:
                frames[0].chunks.append(chunk)
        elif not frames and _is_note(chunk, header.body[9], notes):
            notes[kind] = bytes(chunk.body)
    if not frames:
        raise PictureProblem("broken", "no IDAT")
    return PngFile(bytes(header.body), notes, tuple(frames), in_order, ended)


def _header(chunks: Iterator[Chunk]) -> Chunk:
    header = next((chunk for chunk in chunks if chunk.kind == b"IHDR"), None)
    if header is None or len(header.body) != _HEADER_BYTES or not header.sound:
        raise PictureProblem("broken", "no sound IHDR")
    return header


def _is_note(chunk: Chunk, colour_type: int, notes: dict[bytes, bytes]) -> bool:
    """Whether it says something of the pixels that no chunk before it has said; a tRNS has to fit their kind."""
    if chunk.kind not in _NOTES or chunk.kind in notes or not chunk.sound:
        return False
    if chunk.kind != b"tRNS":
        return True
    return chunk.length == {0: 2, 2: 6}.get(colour_type) or (colour_type == _PALETTE_TYPE and b"PLTE" in notes)


def _chunks(data: bytes) -> Iterator[Chunk]:
    view, at = memoryview(data), len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        length = int.from_bytes(view[at : at + 4], "big")
        raw = view[at + 4 : at + 12 + length]
        if len(raw) < 4:
            return
        yield Chunk(raw, length)
        at += 12 + length
    raise PictureProblem("too_slow", f"over {MOST_CHUNKS} chunks")


def _control(chunk: Chunk, size: tuple[int, int]) -> Control | None:
    """What an fcTL says, if it is sound and its frame lies on the canvas."""
    if chunk.length != _CONTROL_BYTES or not chunk.sound:
        return None
    _, width, height, left, top, part, whole, dispose, blend = struct.unpack(">IIIIIHHBB", chunk.body)
    fits = 0 < width <= size[0] - left and 0 < height <= size[1] - top
    if not fits or dispose > _MOST_DISPOSE or blend > _MOST_BLEND:
        return None
    return Control(width, height, left, top, 1000 * part / (whole or 100), dispose, blend)


def _unpacked(body: bytes) -> bytes:
    """The profile in an iCCP: a name, a zero, the method (0), and a zlib stream."""
    name, _, rest = body.partition(b"\0")
    if not name or rest[:1] != b"\0":
        return b""
    try:
        return zlib.decompressobj().decompress(rest[1:], _MOST_PROFILE)
    except zlib.error:
        return b""


def _packed(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
