"""Picture files put together piece by piece: PNG's chunks, APNG's frames, GIF's and JPEG's blocks."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.models.animations import COLOURS

Pixels = NDArray[np.generic]
Chunk = tuple[bytes, bytes]

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    """One chunk, its checksum right unless another is named."""
    crc = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def ihdr(width: int, height: int, depth: int, kind: int) -> bytes:
    """The body of an IHDR; `kind` is PNG's colour type."""
    return struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)


def rows(pixels: Pixels) -> bytes:
    """Pixels as PNG compresses them, in big-endian order and unfiltered."""
    bytewise = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    stride = len(bytewise) // len(pixels)
    return b"".join(b"\0" + bytewise[at : at + stride] for at in range(0, len(bytewise), stride))


def png(pixels: Pixels, kind: int, *before: bytes, after: bytes = b"") -> bytes:
    """A PNG with these chunks before its pixels, and these after them."""
    height, width = pixels.shape[:2]
    head = chunk(b"IHDR", ihdr(width, height, 8 * pixels.dtype.itemsize, kind))
    return b"".join((PNG, head, *before, chunk(b"IDAT", zlib.compress(rows(pixels))), after, chunk(b"IEND", b"")))


def with_chunks(data: bytes, *chunks: bytes, before: bytes = b"IDAT") -> bytes:
    """A PNG with chunks put in before the first of that kind."""
    at = data.index(before) - 4
    return data[:at] + b"".join(chunks) + data[at:]


def fctl(sequence: int, size: tuple[int, int], at: tuple[int, int] = (0, 0), **how: int) -> bytes:
    """An APNG's frame control; `how` are `ms`, `dispose` and `blend`."""
    times = (how.get("ms", 100), 1000, how.get("dispose", 0), how.get("blend", 0))
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, *size, *at, *times))


def apng(
    frames: Sequence[tuple[Pixels, dict[str, int]]],
    kind: int = 6,
    *before: bytes,
    plays: int = 0,
    count: int | None = None,
    hidden: Pixels | None = None,
) -> bytes:
    """An APNG of frames with their place (`x`, `y`) and `how` of `fctl`; `hidden` comes before them."""
    first = frames[0][0] if hidden is None else hidden
    height, width = first.shape[:2]
    head = chunk(b"IHDR", ihdr(width, height, 8 * first.dtype.itemsize, kind))
    actl = chunk(b"acTL", struct.pack(">II", len(frames) if count is None else count, plays))
    parts, sequence = [PNG, head, actl, *before], 0
    if hidden is not None:
        parts.append(chunk(b"IDAT", zlib.compress(rows(hidden))))
    for index, (pixels, how) in enumerate(frames):
        place = (how.get("x", 0), how.get("y", 0))
        parts.append(fctl(sequence, (pixels.shape[1], pixels.shape[0]), place, **how))
        sequence += 1
        packed = zlib.compress(rows(pixels))
        if index == 0 and hidden is None:
            parts.append(chunk(b"IDAT", packed))
            continue
        for part in (packed[: len(packed) // 2], packed[len(packed) // 2 :]):
            parts.append(chunk(b"fdAT", struct.pack(">I", sequence) + part))
            sequence += 1
    return b"".join((*parts, chunk(b"IEND", b"")))


def rgba(width: int, height: int, colour: tuple[int, int, int], alpha: int | str = 255) -> NDArray[np.uint8]:
    """One colour; its alpha the same everywhere, or from 0 on the left to 255 (`ramp`), or in squares (`holes`)."""
    y, x = np.mgrid[:height, :width]
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = colour
    match alpha:
        case "ramp":
            pixels[..., 3] = x * 255 // (width - 1)
        case "holes":
            pixels[..., 3] = (x // 6 + y // 6) % 2 * 255
        case _:
            pixels[..., 3] = alpha
    return pixels


def gif_frame(indices: NDArray[np.uint8], at: tuple[int, int] = (0, 0), **how: int) -> bytes:
    """One GIF frame, whose codes are never shortened; `how` are `disposal`, `delay` (1/100 s) and `transparent`.

    Unlike Pillow, this writes any place, any disposal, and no more than is asked for.
    """
    clear, bits = 8, []
    for index, value in enumerate(indices.ravel().tolist()):
        if index % (clear - 2) == 0:
            bits.append(clear)
        bits.append(value)
    stream = sum(code << 4 * place for place, code in enumerate([*bits, clear + 1]))
    packed = stream.to_bytes(len(bits) // 2 + 1, "little")
    cut = [packed[start : start + 255] for start in range(0, len(packed), 255)]
    blocks = b"".join(bytes([len(part)]) + part for part in cut)
    control = struct.pack("<BHB", how.get("disposal", 0) << 2 | ("transparent" in how), how.get("delay", 10), 0)
    control = control[:3] + bytes([how.get("transparent", 0)])
    place = struct.pack("<HHHHB", *at, indices.shape[1], indices.shape[0], 0)
    return b"!\xf9\4" + control + b"\0," + place + b"\3" + blocks + b"\0"


def gif(width: int, height: int, *parts: bytes) -> bytes:
    """A GIF of such frames and other blocks, with COLOURS and four blacks as its palette."""
    table = bytes(value for colour in COLOURS for value in colour) + bytes(12)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF2, 0, 0) + table + b"".join(parts) + b";"


def loop(times: int, name: bytes = b"NETSCAPE2.0") -> bytes:
    """A GIF's block that says how often it is repeated."""
    return b"!\xff\x0b" + name + b"\3\1" + struct.pack("<H", times) + b"\0"


def flat(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """A GIF frame's indices, all the same."""
    return np.full((height, width), index, np.uint8)


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG's segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
