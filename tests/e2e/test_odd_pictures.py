"""Odd, damaged and hostile files through the real bot and worker: a picture or one clear sentence."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from rq.registry import FailedJobRegistry, StartedJobRegistry

from devstack.stack import Stack
from jobs.connection import connect
from jobs.rq_adapter.queue import render_queue
from playground.testing import Controls
from tests.e2e.conftest import PANDA
from tests.models.pictures import encoded, png_header


def gradient(mode: str, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A diagonal ramp with a dark disc, in any of Pillow's modes."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    grey = (x + y) / (size[0] + size[1]) * 200 + 40
    grey[(x - size[0] / 2) ** 2 + (y - size[1] / 2) ** 2 < (min(size) / 4) ** 2] = 10
    if mode == "I;16":
        return Image.fromarray((grey * 257).astype(np.uint16))
    return Image.fromarray(grey.astype(np.uint8)).convert(mode)


def see_through(mode: str) -> Image.Image:
    """The same with its left half transparent."""
    image = gradient("RGBA")
    alpha = np.full((image.height, image.width), 255, np.uint8)
    alpha[:, : image.width // 2] = 0
    image.putalpha(Image.fromarray(alpha))
    return image.convert(mode)


def rotated() -> bytes:
    """A JPEG that lies on its side and says so in EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(gradient("RGB"), "JPEG", exif=exif)


def palette_png() -> bytes:
    """A palette PNG with one transparent entry."""
    return encoded(gradient("L").convert("P"), "PNG", transparency=0)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


WORKS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "CMYK": lambda: ("cmyk.jpg", encoded(gradient("CMYK"), "JPEG")),
    "16 bit": lambda: ("deep.png", encoded(gradient("I;16"), "PNG")),
    "palette with transparency": lambda: ("palette.png", palette_png()),
    "grey with alpha": lambda: ("la.png", encoded(see_through("LA"), "PNG")),
    "colour with alpha": lambda: ("rgba.webp", encoded(see_through("RGBA"), "WEBP")),
    "grey": lambda: ("grey.jpg", encoded(gradient("L"), "JPEG")),
    "one bit": lambda: ("bit.bmp", encoded(gradient("1"), "BMP")),
    "gif": lambda: ("still.gif", encoded(gradient("P"), "GIF")),
    "EXIF rotation": lambda: ("side.jpg", rotated()),
    "all black": lambda: ("black.png", encoded(Image.new("RGB", (64, 64)), "PNG")),
    "all white": lambda: ("white.png", encoded(Image.new("RGB", (64, 64), "white"), "PNG")),
    "a lying extension": lambda: ("really-a-jpeg.png", encoded(gradient("RGB"), "JPEG")),
    "a hostile file name": lambda: ("@everyone ](x) `../../etc/passwd`.png", encoded(gradient("RGB"), "PNG")),
}
HALVES: dict[str, Callable[[], tuple[str, bytes]]] = {
    "png": lambda: ("half.png", cut(encoded(gradient("RGB", (400, 300)), "PNG"))),
    "jpeg": lambda: ("half.jpg", cut(PANDA.read_bytes())),
    "gif": lambda: ("half.gif", cut(encoded(gradient("P", (400, 300)), "GIF"))),
}
REFUSED: dict[str, tuple[Callable[[], tuple[str, bytes]], str]] = {
    "not a picture": (lambda: ("cat.png", b"Hello, I am a text. " * 20), "cannot read that file as a picture"),
    "postscript as png": (lambda: ("eps.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), "cannot read"),
    "nothing": (lambda: ("empty.png", b""), "empty"),
    "one pixel": (lambda: ("dot.png", encoded(Image.new("RGB", (1, 1)), "PNG")), "1×1"),
    "a bomb": (lambda: ("bomb.png", png_header(20_000, 20_000)), "megapixels"),
    "a strip": (lambda: ("strip.png", encoded(Image.new("L", (1, 10_000)), "PNG")), "1×10,000"),
    "too many bytes": (lambda: ("big.png", b"\x89PNG\r\n\x1a\n" + bytes(21 * 2**20)), "larger than 20 MB"),
}


@pytest.mark.parametrize("name", WORKS)
def test_works(controls: Controls, name: str) -> None:
    filename, data = WORKS[name]()
    answer = controls.wait_for_answer(controls.slash("ascii", files={"image": (filename, data, "image/png")}))
    assert len(answer["attachments"]) == 1, answer["content"]
    with Image.open(io.BytesIO(controls.fetch(answer["attachments"][0]["url"]))) as picture:
        tall = name == "EXIF rotation"
        assert (picture.height > picture.width) == tall
        drawn = np.asarray(picture.convert("L")) < 200
    assert drawn.any() == (name != "all white"), "ink where there is something to draw"
    assert filename not in str(answer)


@pytest.mark.parametrize("name", HALVES)
def test_what_there_is_of_half_a_file_is_drawn_with_a_note(controls: Controls, name: str) -> None:
    filename, data = HALVES[name]()
    answer = controls.wait_for_answer(controls.slash("ascii", files={"image": (filename, data, "image/png")}))
    assert len(answer["attachments"]) == 1
    assert "A part of the picture is missing from the file" in answer["content"]


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_words(controls: Controls, name: str) -> None:
    make, words = REFUSED[name]
    filename, data = make()
    answer = controls.wait_for_answer(controls.slash("ascii", files={"image": (filename, data, "image/png")}))
    assert words in answer["content"]
    assert not answer["attachments"]
    assert "Traceback" not in answer["content"]


def test_no_job_is_left_behind(stack: Stack, controls: Controls) -> None:
    for make, _ in REFUSED.values():
        filename, data = make()
        controls.wait_for_answer(controls.slash("ascii", files={"image": (filename, data, "image/png")}))
    with connect(stack.redis_url, patient=True) as redis:
        queue = render_queue(redis)
        controls.wait_for(lambda: not StartedJobRegistry(queue=queue).get_job_ids())
        assert queue.count == 0
        assert not FailedJobRegistry(queue=queue).get_job_ids()
