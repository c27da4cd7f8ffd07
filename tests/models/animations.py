"""Animations for the tests, written block by block, so that every frame's pixels, times and disposals are known."""

import io
import struct
from collections.abc import Sequence

import numpy as np
from PIL import GifImagePlugin, Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
COLOURS = (RED, GREEN, BLUE, WHITE)


def patch(colour: int, width: int, height: int) -> Image.Image:
    """A frame of one of COLOURS, by its number."""
    return Image.fromarray(np.full((height, width), colour, np.uint8))


def block(image: Image.Image, at: tuple[int, int] = (0, 0), **options: int) -> bytes:
    """One GIF frame; `options` are `duration` (ms), `disposal` and `transparency`."""
    return b"".join(GifImagePlugin.getdata(image, at, **options))


def gif(width: int, height: int, blocks: Sequence[bytes], loop: int | None = 0) -> bytes:
    """A GIF of such blocks; `loop` as it stands in the file, None for no such extension."""
    table = bytes(value for colour in COLOURS for value in colour).ljust(3 * 256, b"\0")
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + table
    if loop is not None:
        head += b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loop) + b"\0"
    return head + b"".join(blocks) + b";"


def saved(images: Sequence[Image.Image], form: str, **options: object) -> bytes:
    """An animation as Pillow writes it."""
    stream = io.BytesIO()
    images[0].save(stream, form, save_all=True, append_images=images[1:], **options)
    return stream.getvalue()
