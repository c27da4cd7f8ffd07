"""What the readers of headers say: the size that the decoder finds, and of hostile files in few steps and bytes."""

import io
import random
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from PIL import Image

from models import limits
from models.files.boxes import MOST_STEPS
from models.files.jpeg import MOST_MARKERS
from models.problems import PictureProblem
from models.rendering.pillow_file import HEIC, opened
from models.sniff import PictureInfo, sniff
from tests.models.built import chunk, segment
from tests.models.pictures import encoded, photo

ROOT: Final = Path(__file__).parents[3]
SIZE: Final = (83, 61)
FULL: Final = limits.MAX_BYTES
LINES: Final = 4 * 100_000
"""Lines of Python that one file may take: what the longest of all the readers' limits allows, and some."""
MEMORY: Final = 256 * 2**10
"""Bytes that reading a header may take beside the file."""

ENCODINGS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("PNG", {}),
    ("PNG", {"save_all": True}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"restart_marker_rows": 1}),
    ("JPEG", {"comment": b"a \xff\xda of a comment"}),
    ("GIF", {}),
    ("GIF", {"save_all": True, "comment": b"a comment " * 90}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"exif": b"Exif\0\0"}),
    ("WEBP", {"save_all": True}),
    ("AVIF", {}),
    ("AVIF", {"save_all": True}),
    ("AVIF", {"alpha": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"big_tiff": True}),
    ("TIFF", {"save_all": True}),
    ("BMP", {}),
    *([("HEIF", {}), ("HEIF", {"save_all": True})] if HEIC else []),
]


@pytest.mark.parametrize(("form", "options"), ENCODINGS, ids=str)
def test_size_is_that_which_the_decoder_finds(form: str, options: dict[str, Any]) -> None:
    image = photo(*SIZE)
    if options.pop("alpha", False):
        image.putalpha(120)
    if options.get("save_all"):
        options = options | {"append_images": [photo(*SIZE, seed=1), photo(*SIZE, seed=2)]}
    data = encoded(image, form, **options)
    with opened(data) as theirs:
        assert sniff(data) == PictureInfo(form, *theirs.size) == PictureInfo(form, *SIZE)


def bmp(length: int, *fields: int) -> bytes:
    return b"BM" + bytes(12) + struct.pack("<I", length) + struct.pack("<HH" if length == 12 else "<ii", *fields)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


FTYP: Final = box(b"ftyp", b"heic", bytes(4), b"mif1heic")


def properties(*ispe: tuple[int, int], belonging: tuple[int, ...], wide: bool = False) -> bytes:
    """A `meta` whose primary item has some of these sizes."""
    sizes = [box(b"ispe", bytes(4), struct.pack(">II", *size)) for size in ispe]
    item = struct.pack(">I" if wide else ">H", 7)
    other = struct.pack(">IB" if wide else ">HB", 6, 1) + (b"\x80\x01" if wide else b"\x81")
    places = b"".join(struct.pack(">H" if wide else ">B", place) for place in belonging)
    return box(
        b"meta",
        bytes(4),
        box(b"pitm", bytes([wide, 0, 0, 0]), item),
        box(
            b"iprp",
            box(b"ipco", *sizes),
            box(
                b"ipma",
                bytes([wide, 0, 0, wide]),
                struct.pack(">I", 2),
                other,
                item,
                bytes([len(places) // (1 + wide)]),
                places,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bmp(12, 20, 30), (20, 30)),
        (bmp(40, 20, -30), (20, 30)),
        (bmp(124, 20, 30), (20, 30)),
        (FTYP + properties((9, 9), (20, 30), belonging=(2,)), (20, 30)),
        (FTYP + properties((9, 9), (20, 30), belonging=(2,), wide=True), (20, 30)),
        (
            FTYP + struct.pack(">I4sQ", 1, b"mdat", 116) + bytes(100) + properties((20, 30), belonging=(1,)),
            (20, 30),
        ),
        (
            FTYP + (properties((20, 30), belonging=(1,)) + bytes(9)).replace(b"\0\0\0\x6bmeta", b"\0\0\0\0meta"),
            (20, 30),
        ),
    ],
    ids=[
        "oldest BMP",
        "BMP from above",
        "newest BMP",
        "second of sizes",
        "wide numbers",
        "long box",
        "box to the end",
    ],
)
def test_size_of_kinds_that_pillow_does_not_write(data: bytes, expected: tuple[int, int]) -> None:
    info = sniff(data)
    assert (info.width, info.height) == expected


def test_brands_settle_what_is_in_the_boxes() -> None:
    def form(*brands: bytes) -> str:
        return sniff(box(b"ftyp", brands[0], bytes(4), *brands) + properties((20, 30), belonging=(1,))).format

    assert form(b"avif") == form(b"mif1", b"avif") == form(b"avis", b"msf1") == "AVIF"
    assert form(b"heic") == form(b"mif1", b"heic") == form(b"mif1") == form(b"msf1", b"hevc") == "HEIF"


def test_two_letters_are_no_bmp() -> None:
    for data in (b"BM", b"BMW drives on", b"BM" + bytes(40), bmp(40, 0, 30), bmp(40, 20, 0), bmp(41, 20, 30)):
        with pytest.raises(PictureProblem) as problem:
            sniff(data)
        assert problem.value.code == "not_a_picture"


# --- hostile files ------------------------------------------------------------------------------------------------


def filled(start: bytes, part: bytes, end: bytes = b"") -> bytes:
    """A file of the largest size, of one part again and again."""
    return start + part * ((FULL - len(start) - len(end)) // len(part)) + end


def boxed(kind: bytes, depth: int) -> bytes:
    """Boxes in each other, each as long as what is left."""
    return b"".join(struct.pack(">I4s", 8 * (depth - level), kind) for level in range(depth))


def jpeg(part: bytes, count: int | None = None) -> bytes:
    """One with so many of a part before its picture, or as many as fit."""
    whole = encoded(photo(*SIZE), "JPEG")
    return filled(whole[:2], part, whole[2:]) if count is None else whole[:2] + part * count + whole[2:]


def in_png(part: bytes) -> bytes:
    whole = encoded(photo(*SIZE))
    at = whole.index(b"IDAT") - 4
    return filled(whole[:at], part, whole[at:])


def tiff(entries: int, entry: bytes = struct.pack("<HHII", 273, 4, 2**31, 8)) -> bytes:
    return b"II*\0" + struct.pack("<IH", 8, min(entries, 65535)) + entry * entries


def many_samples() -> bytes:
    """An animated AVIF that says that each of its bytes is a frame: libavif takes 150 bytes of memory for each."""
    data = bytearray(encoded(photo(64, 64), "AVIF", save_all=True, append_images=[photo(64, 64, seed=1)]))
    count = 2_400_000
    struct.pack_into(">II", data, data.index(b"stsz") + 8, 1, count)
    struct.pack_into(">I", data, data.index(b"stsc") + 16, count)
    struct.pack_into(">I", data, data.index(b"stco") + 12, 0)
    return bytes(data) + bytes(count)


HOSTILE: Final[dict[str, Callable[[], bytes]]] = {
    "JPEG of empty segments": lambda: jpeg(b"\xff\xe4\0\2"),
    "JPEG of bare markers": lambda: jpeg(b"\xff\x01"),
    "JPEG of fill bytes": lambda: jpeg(b"\xff"),
    "JPEG of EXIF": lambda: jpeg(segment(0xE1, b"Exif\0\0" + bytes(2000))),
    "JPEG of profiles": lambda: jpeg(segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000))),
    "JPEG of comments": lambda: jpeg(segment(0xFE, bytes(65_000))),
    "JPEG of frames": lambda: jpeg(segment(0xC0, b"\x08\0\x40\0\x40\1\1\x11\0")),
    "JPEG of scans": lambda: filled(encoded(photo(*SIZE), "JPEG")[:-2], segment(0xDA, b"\1\1\0\0\x3f\0") + b"\0"),
    "JPEG of restarts": lambda: filled(encoded(photo(*SIZE), "JPEG")[:-2], b"\xff\xd0"),
    "JPEG of escaped bytes": lambda: filled(encoded(photo(*SIZE), "JPEG")[:-2], b"\xff\0"),
    "PNG of empty chunks": lambda: in_png(chunk(b"abCd", b"")),
    "PNG of notes": lambda: in_png(chunk(b"eXIf", bytes(1000))),
    "PNG of one note": lambda: in_png(chunk(b"iCCP", bytes(FULL - 90_000))),
    "PNG of headers": lambda: filled(b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", bytes(13))),
    "PNG of lengths": lambda: filled(b"\x89PNG\r\n\x1a\n", b"\xff\xff\xff\xffIDAT"),
    "GIF of empty extensions": lambda: filled(b"GIF89a" + bytes(7), b"!\xfe\0"),
    "GIF of single bytes": lambda: filled(b"GIF89a" + bytes(7) + b"!\xfe", b"\1a"),
    "GIF of comments": lambda: filled(b"GIF89a" + bytes(7), b"!\xfe\xff" + bytes(255) + b"\0"),
    "TIFF of tags": lambda: tiff(FULL // 12 - 10),
    "TIFF of widths": lambda: tiff(65_535, struct.pack("<HHII", 256, 4, 64, 8)),
    "TIFF in itself": lambda: b"II*\0" + struct.pack("<I", 0) + bytes(FULL - 8),
    "TIFF beyond its end": lambda: b"II+\0\x08\0\0\0" + b"\xff" * 8 + bytes(1000),
    "TIFF of a billion tags": lambda: b"MM\0+\0\x08\0\0" + struct.pack(">QQ", 16, 2**63) + bytes(FULL - 40),
    "WebP of chunks": lambda: filled(b"RIFF\xff\xff\xff\xffWEBP", b"VP8 \0\0\0\0"),
    "AVIF of samples": many_samples,
    "AVIF of brands": lambda: struct.pack(">I", FULL) + filled(b"ftypavif\0\0\0\0", b"abcd")[:-8],
    "AVIF of boxes": lambda: filled(box(b"ftyp", b"avif", bytes(4)), box(b"free")),
    "AVIF of metas": lambda: filled(box(b"ftyp", b"avif", bytes(4)), box(b"meta", bytes(4))),
    "AVIF of nested boxes": lambda: box(b"ftyp", b"avif", bytes(4)) + boxed(b"meta", FULL // 8 - 9),
    "AVIF of nested tracks": lambda: box(b"ftyp", b"avis", bytes(4)) + boxed(b"moov", FULL // 8 - 9),
    "AVIF of tracks": lambda: box(b"ftyp", b"avis", bytes(4)) + box(b"moov", filled(b"", box(b"trak"))[:-99]),
    "AVIF of properties": lambda: (
        box(b"ftyp", b"avif", bytes(4))
        + box(
            b"meta",
            bytes(4),
            box(b"pitm", bytes(4), b"\0\1"),
            box(
                b"iprp",
                box(b"ipco", box(b"irot", b"\0") * 1_000_000),
                box(b"ipma", bytes(4), b"\0\0\0\1\0\1\1\x81"),
            ),
        )
    ),
    "AVIF of items": lambda: (
        box(b"ftyp", b"avif", bytes(4))
        + box(
            b"meta",
            bytes(4),
            box(b"pitm", bytes(4), b"\0\1"),
            box(b"iprp", box(b"ipco"), box(b"ipma", bytes(4), b"\xff" * 4, b"\0\2\0" * 6_000_000)),
        )
    ),
    "AVIF of boxes without an end": lambda: filled(box(b"ftyp", b"avif", bytes(4)), b"\0\0\0\1meta" + b"\xff" * 8),
    "BMP": lambda: b"BM" + b"\xff" * (FULL - 2),
    "noise": lambda: random.Random(1).randbytes(FULL),
}


def outcome(data: bytes) -> str:
    try:
        return f"{sniff(data).format}"
    except PictureProblem as problem:
        return problem.code


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_takes_few_steps_and_bytes(name: str) -> None:
    data = HOSTILE[name]()
    assert len(data) <= limits.MAX_BYTES
    lines = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    sys.settrace(count)
    try:
        found = outcome(data)
    finally:
        sys.settrace(None)
    assert lines < LINES
    tracemalloc.start()
    try:
        assert outcome(data) == found
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_ten_hostile_pictures_at_one_time_fit_beside_a_bot(tmp_path: Path) -> None:
    """In a process that may have 64 MB more than it has: what Pillow takes of one such file is five times that."""
    (tmp_path / "many.avif").write_bytes(many_samples())
    (tmp_path / "many.jpg").write_bytes(jpeg(segment(0xE1, b"Exif\0\0" + bytes(1000)), 9_800))
    child = (
        "import resource, sys; from concurrent.futures import ThreadPoolExecutor; from pathlib import Path\n"
        "from models.sniff import sniff\n"
        "files = [Path(name).read_bytes() for name in sys.argv[1:]] * 5\n"
        "with ThreadPoolExecutor(10) as pool:\n"
        "    list(pool.map(abs, range(1000)))  # its threads have their stacks\n"
        "    now = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (now + 64 * 2**20,) * 2)\n"
        "    print(*(info.format for info in pool.map(sniff, files)))\n"
    )
    if not Path("/proc/self/statm").exists():
        pytest.skip("only Linux tells a process's size so")
    files = [str(tmp_path / "many.avif"), str(tmp_path / "many.jpg")]
    done = subprocess.run(
        [sys.executable, "-c", child, *files], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"MALLOC_ARENA_MAX": "1", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["AVIF", "JPEG"] * 5


def test_limits_leave_room_for_ordinary_files() -> None:
    """A photo of 512 tiles, each with its size, as phones keep the largest; and a JPEG that somebody edited."""
    tiles = [box(b"infe", bytes(20))] * 512
    meta = properties(*[(64, 64)] * 513, belonging=(513,), wide=True)
    grown = box(b"meta", bytes(4), *tiles, meta[12:])
    assert sniff(FTYP + grown).width == 64
    assert MOST_STEPS > 10 * 1024 and MOST_MARKERS >= 10_000
    edited = encoded(photo(*SIZE), "JPEG")
    assert sniff(edited[:2] + segment(0xED, bytes(60_000)) * 300 + edited[2:]).width == SIZE[0]


def test_what_a_library_takes_for_larger_than_its_header_said_is_not_decoded() -> None:
    """Our reader and the library may read two numbers; both are held to the limit."""
    huge = bmp(40, 16_000, 3_000) + struct.pack("<HHIIIIII", 1, 24, 0, 0, 0, 0, 0, 0)
    with Image.open(io.BytesIO(huge)) as theirs:
        assert theirs.size == (16_000, 3_000)
    for look in (sniff, opened):
        with pytest.raises(PictureProblem) as problem:
            look(huge)
        assert problem.value.code == "too_many_pixels"
