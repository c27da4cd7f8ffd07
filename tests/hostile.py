"""Hostile and odd pictures, made here: in `drawn`, `refused`, and `either` where both are right."""

import csv
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.models.built import PNG, chunk, ihdr

COLLECTION = Path(__file__).parents[2] / "shared" / "bad-inputs"
"""A larger collection, where it lies beside the repository."""


def write_hostile(folder: Path) -> list[Path]:
    """All of them as files, each in a folder that says what must become of it."""
    written = []
    for place, name, data in _all():
        path = folder / place / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    return written


def _all() -> Iterator[tuple[str, str, bytes]]:
    picture = Image.effect_mandelbrot((96, 72), (-2, -1.2, 1, 1.2), 60).convert("RGB")
    kinds = {
        "jpg": _saved(picture, "JPEG"),
        "progressive.jpg": _saved(picture, "JPEG", progressive=True),
        "cmyk.jpg": _saved(picture.convert("CMYK"), "JPEG"),
        "png": _saved(picture, "PNG"),
        "grey16.png": _saved(picture.convert("I;16"), "PNG"),
        "palette.png": _saved(picture.quantize(16), "PNG", transparency=3),
        "grey-alpha.png": _saved(picture.convert("LA"), "PNG"),
        "one-bit.png": _saved(picture.convert("1"), "PNG"),
        "gif": _saved(picture.quantize(64), "GIF"),
        "webp": _saved(picture, "WEBP"),
        "lossless.webp": _saved(picture, "WEBP", lossless=True),
        "bmp": _saved(picture, "BMP"),
        "lzw.tif": _saved(picture, "TIFF", compression="tiff_lzw"),
    }
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds["turned.jpg"] = _saved(picture, "JPEG", exif=turned)
    moving = [picture.rotate(angle) for angle in (0, 90, 180)]
    for name, form in (("moving.png", "PNG"), ("moving.gif", "GIF"), ("moving.webp", "WEBP")):
        kinds[name] = _saved(moving[0], form, save_all=True, append_images=moving[1:])
    for name, data in kinds.items():
        yield "drawn", f"whole.{name}", data
        yield "drawn", f"more-behind-it.{name}", data + b"<script>alert(1)</script>" * 50
        yield "refused", f"cut-in-its-header.{name}", data[:12]
        for part in (10, 50, 90):
            yield "either", f"cut-at-{part}-percent.{name}", data[: len(data) * part // 100]
        for place in (20, 40, 60, 80):
            flipped = bytearray(data)
            flipped[len(data) * place // 100] ^= 0x55
            yield "either", f"flipped-at-{place}-percent.{name}", bytes(flipped)
    yield "drawn", "a.png.named.jpg", kinds["png"]
    for name, data in {
        "empty.png": b"",
        "one-byte.jpg": b"\xff",
        "zeros.gif": bytes(4096),
        "words.png": b"this is no picture\n" * 40,
        "page.jpg": b"<!doctype html><html><body>404 Not Found</body></html>",
        "vector.png": b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>',
        "document.jpg": b"%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF",
        "postscript.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n{ } loop\n%%EOF\n",
        "archive.webp": b"PK\x03\x04" + bytes(100),
        "sound.webp": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
        "film.png": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100),
        "bomb-of-400-megapixels.png": _png(20_000, 20_000, bytes(2501) * 20_000),
        "bomb-in-the-header.png": _png(2**31 - 1, 2**31 - 1, bytes(64)),
        "bomb-of-one-frame.gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6) + b"\x3b",
        "nothing-in-it.png": _png(64, 64, b""),
    }.items():
        yield "refused", name, data
    yield "either", "bomb-in-a-comment.png", _png(64, 64, bytes(9) * 64, text=bytes(64 * 2**20))
    yield "either", "a-strip.png", _png(1, 100_000, bytes(2) * 100_000)


def _saved(picture: Image.Image, form: str, **how: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **how)
    return stream.getvalue()


def _png(width: int, height: int, rows: bytes, text: bytes = b"") -> bytes:
    """One of a bit for each pixel; `text` is a compressed comment."""
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text)) if text else b""
    head = chunk(b"IHDR", ihdr(width, height, 1, 0))
    return PNG + head + comment + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def collected() -> list[Path]:
    """The larger collection's files, but for those too large to travel with it; none where it is not at hand."""
    if not (COLLECTION / "manifest.csv").is_file():
        return []
    with (COLLECTION / "manifest.csv").open(encoding="utf-8") as rows:
        return sorted(path for row in csv.DictReader(rows) if (path := COLLECTION / row["file"]).is_file())
