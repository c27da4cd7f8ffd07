"""The header check as the bot uses it, on files that Pillow itself writes."""

import io

import pytest
from PIL import Image

from jobs.picture_check import sniff
from jobs.text.sentences import PictureProblem


def a_file(form: str) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, form, save_all=form in ("MPO", "TIFF"), append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "MPO", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_every_format_that_we_promise_passes(form: str) -> None:
    info = sniff(a_file(form))
    assert (info.format, info.width, info.height) == ("JPEG" if form == "MPO" else form, 64, 48)


@pytest.mark.parametrize("form", ["EPS", "PDF", "ICO", "TGA"])
def test_a_format_that_we_do_not_promise_is_refused(form: str) -> None:
    with pytest.raises(PictureProblem) as problem:
        sniff(a_file(form))
    assert problem.value.code == "not_a_picture"
    assert problem.value.detail.startswith("begins b")
