"""The header alone decides what is taken, cheaply and without starting anything."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, Image

from models import limits
from models.containers import video_container
from models.files.jpeg import MOST_MARKERS
from models.files.png import MOST_CHUNKS
from models.problems import PictureProblem
from models.rendering.pillow_file import HEIC, opened
from models.rendering.still import decode, decode_on
from models.sentences import PICTURE_SENTENCES
from models.sniff import sniff
from tests.models.built import chunk, segment, with_chunks
from tests.models.pictures import encoded, photo, png_header

ROOT = Path(__file__).parents[2]
LONG = zlib.compress(bytes(64 * 2**20))
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n{} loop\n"


def problem_of(data: bytes) -> PictureProblem:
    with pytest.raises(PictureProblem) as problem:
        sniff(data)
    return problem.value


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_size_and_format(form: str) -> None:
    info = sniff(encoded(photo(48, 32), form))
    assert (info.format, info.width, info.height) == (form, 48, 32)


def test_an_empty_file() -> None:
    assert problem_of(b"").code == "empty"


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"hello, I am text",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        os.urandom(4096),
        EPS,
    ],
    ids=["byte", "text", "svg", "pdf", "noise", "eps"],
)
def test_not_a_picture(data: bytes) -> None:
    assert problem_of(data).code == "not_a_picture"


@pytest.mark.parametrize("form", ["PPM", "TGA", "ICO", "EPS", "JPEG2000"])
def test_other_formats_of_pillow_are_not_taken(form: str) -> None:
    assert problem_of(encoded(photo(48, 32), form)).code == "not_a_picture"


@pytest.mark.skipif(not HEIC, reason="pillow-heif is not installed")
def test_heic_where_it_can_be_read() -> None:
    info = sniff(encoded(photo(48, 32), "HEIF"))
    assert (info.format, info.width, info.height) == ("HEIF", 48, 32)


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (b"\0\0\0\x20ftypisom\0\0\2\0isom", "MP4"),
        (b"\0\0\0\x14ftypqt  \0\0\2\0qt  ", "MP4"),
        (b"\0\0\0\x08wide\0\0\1\0mdat", "MP4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm", "WEBM"),
    ],
)
def test_a_video_is_known_by_its_first_bytes(data: bytes, container: str) -> None:
    assert (sniff(data).format, video_container(data)) == (container, container)


@pytest.mark.parametrize("text", [b"Get free of it", b"The moov box", b"No skip, no wide"])
def test_text_with_such_a_word_is_no_video(text: bytes) -> None:
    assert video_container(text) is None


def test_a_video_where_none_can_be_read() -> None:
    """In a process that finds no PyAV, as an installation without the extra `video` is."""
    code = (
        "import sys; sys.modules['av'] = None\n"
        "from models.rendering.decoding import decode_frames\n"
        "decode_frames(b'\\0\\0\\0\\x14ftypisom', 64, 'light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert PICTURE_SENTENCES["no_video"] in done.stderr


@pytest.mark.skipif(not HEIC, reason="pillow-heif is not installed")
def test_heic_where_it_cannot_be_read() -> None:
    """In a process that finds no pillow-heif, as an installation without the extra `heic` is."""
    code = (
        "import sys; sys.modules['pillow_heif'] = None\n"
        "from models.rendering.still import decode\n"
        "decode(sys.stdin.buffer.read())"
    )
    heic = encoded(photo(48, 32), "HEIF")
    done = subprocess.run([sys.executable, "-c", code], input=heic, capture_output=True, check=False, cwd=ROOT)
    assert PICTURE_SENTENCES["no_heic"] in done.stderr.decode()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_what_begins_like_a_picture_and_stops_is_broken(form: str) -> None:
    assert problem_of(encoded(photo(48, 32), form)[:14]).code == "broken"


def test_postscript_never_starts_ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program called `gs`, first on the path, tells when it runs; Pillow by itself does run it."""
    told = tmp_path / "it-ran"
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {told}\n", encoding="utf-8")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    with pytest.raises(PictureProblem):
        decode(EPS)
    assert not told.exists()
    (tmp_path / "innocent.png").write_bytes(EPS)
    with pytest.raises(OSError), Image.open(tmp_path / "innocent.png") as unguarded:
        unguarded.load()
    assert told.exists(), "the trap itself does not work, so the check above says nothing"


@pytest.mark.parametrize("size", [(20_000, 20_000), (6_400, 6_400), (65_535, 65_535), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    problem = problem_of(png_header(*size))
    assert problem.code == "too_many_pixels"
    assert "megapixels" in str(problem)


def test_the_pixel_cap_itself_is_taken() -> None:
    assert sniff(png_header(8_000, limits.MAX_PIXELS // 8_000)).width == 8_000


def test_a_large_jpeg_is_taken_since_it_decodes_small() -> None:
    assert sniff(encoded(Image.new("L", (10_000, 10_000)), "JPEG")).width == 10_000


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (100, 7), (1, 10_000)])
def test_too_small(size: tuple[int, int]) -> None:
    problem = problem_of(png_header(*size))
    assert problem.code == "too_small"
    assert str(limits.MIN_SIDE) in str(problem)


@pytest.mark.parametrize("size", [(10, 10_000), (10_000, 10), (8, 8 * limits.MAX_RATIO + 1)])
def test_too_thin(size: tuple[int, int]) -> None:
    assert problem_of(png_header(*size)).code == "too_thin"


def test_the_thinnest_taken() -> None:
    assert sniff(png_header(8, 8 * limits.MAX_RATIO)).height == 8 * limits.MAX_RATIO


def test_a_jpeg_of_very_many_scans() -> None:
    ordinary = encoded(photo(64, 64), "JPEG", progressive=True)
    assert sniff(ordinary).width == 64
    # The scans that follow are what makes a decoder run for minutes: repeat the last one.
    last = ordinary[ordinary.rindex(b"\xff\xda") : -2]
    assert problem_of(ordinary[:-2] + last * limits.MAX_JPEG_SCANS + b"\xff\xd9").code == "too_slow"
    # Without an end, and with notes between them, they are scans all the same.
    noted = (last + segment(0xFE, b"a note")) * limits.MAX_JPEG_SCANS
    assert problem_of(ordinary[:-2] + noted).code == "too_slow"


def test_what_looks_like_a_scan_outside_the_picture_is_none() -> None:
    ordinary, looks = encoded(photo(64, 64), "JPEG"), b"\xff\xda" * 2 * limits.MAX_JPEG_SCANS
    assert sniff(ordinary + looks).width == 64
    assert sniff(ordinary[:2] + segment(0xE7, looks) + ordinary[2:]).width == 64


def test_a_png_of_very_many_chunks() -> None:
    ordinary = encoded(photo(64, 64))
    assert sniff(with_chunks(ordinary, *[chunk(b"tEXt", b"a\0b")] * 1000)).width == 64
    assert problem_of(with_chunks(ordinary, *[chunk(b"IDAT", b"")] * MOST_CHUNKS)).code == "too_slow"


@pytest.mark.parametrize("marker", [b"\xff\xe4\0\2", b"\xff\x01"], ids=["empty segments", "bare markers"])
def test_a_jpeg_of_very_many_markers(marker: bytes) -> None:
    ordinary = encoded(photo(64, 64), "JPEG")
    assert sniff(ordinary[:2] + marker * 1000 + ordinary[2:]).width == 64
    assert problem_of(ordinary[:2] + marker * MOST_MARKERS + ordinary[2:]).code == "too_slow"
    # Fill bytes before a marker are none of their own, and a length of nothing skips nothing.
    assert sniff(ordinary[:2] + b"\xff" * MOST_MARKERS * 2 + ordinary[2:]).width == 64
    # And where none comes, they take no longer: the square of their number would be hours.
    assert sniff(ordinary[:-2] + b"\xff" * 4_000_000).width == 64
    assert problem_of(b"\xff\xd8" + b"\xff" * 4_000_000).code == "broken"
    assert sniff(ordinary[:2] + b"\xff\xe1\0\1" + ordinary[2:]).width == 64


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_text_is_not_unpacked(kind: bytes) -> None:
    bomb = {
        b"zTXt": b"Comment\0\0" + LONG,
        b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + LONG,
        b"iCCP": b"profile\0\0" + LONG,
    }[kind]
    assert sniff(with_chunks(encoded(photo(64, 48)), chunk(kind, bomb))).width == 64


def test_too_many_bytes() -> None:
    assert problem_of(b"\0" * (limits.MAX_BYTES + 1)).code == "too_many_bytes"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_sniff_decodes_nothing(form: str) -> None:
    whole = encoded(photo(200, 200), form)
    cut = whole[: len(whole) // 2]
    assert sniff(cut).width == 200
    assert decode_on(cut, 200, "light").partial


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_file_cut_inside_its_header_is_damaged_rather_than_no_picture(form: str) -> None:
    assert problem_of(encoded(photo(48, 32), form)[:14]).code == "broken"


@pytest.mark.filterwarnings("error")
def test_a_damaged_header_is_a_problem_and_no_warning() -> None:
    """Pillow warns of such a file as well, which would put a line of its source on the user's screen."""
    data = encoded(photo(48, 32), "TIFF")
    with warnings.catch_warnings(record=True) as pillows, contextlib.suppress(OSError):
        warnings.simplefilter("always")
        Image.open(io.BytesIO(data[:29]))
    assert pillows
    with pytest.raises(PictureProblem):
        opened(data[:29])


def test_every_problem_has_its_sentence_without_details() -> None:
    facts = dict.fromkeys(
        ("limit_mb", "limit_mp", "width", "height", "least", "most", "ratio", "names", "near", "kind"), "N"
    )
    for code in PICTURE_SENTENCES:
        problem = PictureProblem(code, "secret detail", **facts)
        assert "secret" not in str(problem)
        assert "{" not in str(problem)
