"""How much memory and time huge pictures take to decode: `python -m bench.decoding`.

Each is decoded in a process of its own (on Linux); the peak is that process's resident memory, interpreter,
libraries and the file's own bytes included.
"""

import io
import subprocess
import sys

import numpy as np
from PIL import Image

from tests.models.built import apng, chunk, gif_frame, png
from tests.models.rendering.test_deep_tiff import tiff

CHILD = """
import sys, time
from pathlib import Path
from models.rendering.still import decode
from models.rendering.frames import decode_frames
data = sys.stdin.buffer.read()
# Not ru_maxrss: a child inherits its parent's.
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
before, start = peak(), time.perf_counter()
pixels = decode_frames(data, 64).pixels[0] if sys.argv[1:] else decode(data)
print(before, peak(), round(time.perf_counter() - start, 2), "x".join(map(str, pixels.shape[1::-1])))
"""


def picture(width: int, height: int, mode: str) -> Image.Image:
    """Shades with texture, so that a file of it is neither empty nor mere noise."""
    tile = np.random.default_rng(0).integers(0, 64, (512, 512, len(mode)), np.uint8)
    across = np.linspace(0, 190, width).astype(np.uint8)[None, :, None]
    texture = np.tile(tile, (-(-height // 512), -(-width // 512), 1))[:height, :width]
    return Image.fromarray((texture + across).squeeze())


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """The file's bytes."""
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def row(label: str, data: bytes, *, frames: bool = False) -> None:
    """Print a line of the table; `frames` decodes all frames."""
    command = [sys.executable, "-c", CHILD, *["frames"] * frames]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    facts = done.stdout.decode().split()
    if not facts:
        print(f"| {label} | {len(data) / 2**20:.1f} | {done.stderr.decode().splitlines()[-1]} |", flush=True)
        return
    before, peak, seconds, size = facts
    print(f"| {label} | {len(data) / 2**20:.1f} | {seconds} | {peak} | {before} | {size} |", flush=True)


def main() -> None:
    """Print the table."""
    print("| picture | file, MB | seconds | peak, MB | of it before decoding | comes out as |")
    print("| --- | --- | --- | --- | --- | --- |")
    for label, width, height, mode, form, options in (
        ("JPEG 12,000×9,000", 12_000, 9_000, "RGB", "JPEG", {"quality": 60}),
        ("the same, progressive", 12_000, 9_000, "RGB", "JPEG", {"quality": 60, "progressive": True}),
        ("PNG 6,300×6,300", 6_300, 6_300, "RGB", "PNG", {"compress_level": 1}),
        ("WebP 6,300×6,300", 6_300, 6_300, "RGB", "WEBP", {"quality": 60, "method": 0}),
        ("AVIF 6,300×6,300", 6_300, 6_300, "RGB", "AVIF", {"quality": 50, "speed": 10}),
        ("grey TIFF 6,300×6,300", 6_300, 6_300, "L", "TIFF", {"compression": "jpeg"}),
    ):
        data = encoded(picture(width, height, mode), form, **options)
        row(label, data)
        if form in ("JPEG", "PNG"):
            row(f"{label}, cut in half", data[: len(data) // 2])
    flat = np.zeros((6_300, 6_300, 3), np.uint16)
    row("PNG of 16 bits, a colour transparent", png(flat, 2, chunk(b"tRNS", bytes(6))))
    row("PNG, gamma 1.0", png(flat.astype(np.uint8), 2, chunk(b"gAMA", b"\0\1\x86\xa0")))
    row("TIFF of single precision, deflated", tiff(flat[..., :1].astype("f4"), packed=1))
    whole, part = flat[..., 0].astype(np.uint8), gif_frame(np.ones((64, 64), np.uint8), (64, 64), disposal=3)
    still = encoded(Image.fromarray(whole), "GIF")
    row("GIF 6,300×6,300, two frames", still[:-1] + part + b";", frames=True)
    clear = np.zeros((6_300, 6_300, 4), np.uint8)
    row("APNG 6,300×6,300, two frames", apng([(clear, {}), (clear, {"blend": 1, "dispose": 2})]), frames=True)


if __name__ == "__main__":
    main()
