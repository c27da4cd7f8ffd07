"""Files as Chromium shows them: stills in an <img>, animations frame by frame, both on white paper.

Where it shows nothing of a part, more than that may be drawn.
"""

import base64
import struct
import zlib
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from models.rendering.frames import decode_frames, shown_ms
from models.rendering.still import decode_on
from tests.browser import chromium, needs_chromium
from tests.models.animations import BLUE, GREEN, RED
from tests.models.built import apng, chunk, flat, gif, gif_frame, loop, png, rgba, rows, segment, with_chunks
from tests.models.pictures import encoded, photo

pytestmark = needs_chromium

SCRIPT: Final = """<script>
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
function pixels(source, width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
  const data = context.getImageData(0, 0, width, height).data;
  let text = "";
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
  return {width, height, pixels: btoa(text)};
}
async function still(data, type) {
  const image = new Image();
  const loaded = new Promise(done => { image.onload = image.onerror = done; });
  image.src = URL.createObjectURL(new Blob([bytes(data)], {type}));
  await loaded;
  return image.naturalWidth ? pixels(image, image.naturalWidth, image.naturalHeight) : null;
}
async function frames(data, type) {
  const decoder = new ImageDecoder({data: bytes(data), type});
  await decoder.tracks.ready;
  await decoder.completed;
  const track = decoder.tracks.selectedTrack, found = [];
  for (let frameIndex = 0; frameIndex < track.frameCount; frameIndex++) {
    const {image} = await decoder.decode({frameIndex});
    found.push({...pixels(image, image.displayWidth, image.displayHeight), ms: image.duration / 1000});
    image.close();
  }
  return {found, plays: track.repetitionCount === Infinity ? 0 : track.repetitionCount + 1};
}
</script>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium("--force-color-profile=srgb") as browser:
        opened = browser.new_page()
        # ImageDecoder exists where a page came over https.
        opened.route("https://pictures.test/", lambda route: route.fulfill(body=SCRIPT, content_type="text/html"))
        opened.goto("https://pictures.test/")
        yield opened


def pixels_of(shot: dict[str, Any]) -> NDArray[np.int16]:
    raw = np.frombuffer(base64.b64decode(shot["pixels"]), np.uint8)
    return raw.reshape(shot["height"], shot["width"], 4)[..., :3].astype(np.int16)


def same(ours: NDArray[np.uint8], theirs: NDArray[np.int16], *, more: bool = False) -> bool:
    """Within 8 levels but for two pixels in a thousand; with `more`, only where they show anything."""
    assert ours.shape == theirs.shape
    off = np.abs(ours - theirs).max(-1) > 8
    if more:
        off &= (theirs < 255).any(-1)
    return bool(off.mean() < 0.002)


def asked(data: bytes, kind: str) -> list[str]:
    return [base64.b64encode(data).decode(), f"image/{kind}"]


# --- stills ---------------------------------------------------------------------------------------------------

FILM: Final = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\xff\xda\0\x08" * 30_000
JPEGS: Final = {
    "baseline": encoded(photo(160, 112), "JPEG"),
    "progressive": encoded(photo(160, 112), "JPEG", progressive=True),
    "restarts": encoded(photo(160, 112), "JPEG", restart_marker_blocks=3),
    "cmyk": encoded(photo(160, 112).convert("CMYK"), "JPEG"),
}
COLOUR: Final = encoded(photo(96, 64))
GREY: Final = encoded(photo(96, 64).convert("L"))
DEEP: Final = np.linspace(0, 65535, 96 * 64).astype(np.uint16).reshape(64, 96)
DEEP_WITH_HOLE: Final = np.where(np.mgrid[:64, :96][1] // 24 % 2, DEEP, 0x1234).astype(np.uint16)
DEEP_COLOUR: Final = np.stack([DEEP_WITH_HOLE, DEEP_WITH_HOLE, np.where(DEEP > 30000, 0x12FF, DEEP_WITH_HOLE)], -1)
GAMMA: Final = chunk(b"gAMA", struct.pack(">I", 100_000))
USUAL: Final = chunk(b"gAMA", struct.pack(">I", 45_455))
P3: Final = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
XMP: Final = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
SIXTH: Final = Image.Exif()
SIXTH[0x0112] = 6
LONG_TEXT: Final = zlib.compress(bytes(3_000_000))

STILLS: Final[dict[str, tuple[str, bytes]]] = {
    **{f"{name} with a film": ("jpeg", data + FILM) for name, data in JPEGS.items()},
    **{
        f"{name} with markers in a note": ("jpeg", data[:2] + segment(0xE4, b"\xff\xda" * 900) + data[2:])
        for name, data in JPEGS.items()
    },
    **{f"{name} without an end": ("jpeg", data[:-2]) for name, data in JPEGS.items()},
    **{
        f"{name} cut in half": ("jpeg", data[: len(data) // 2])
        for name, data in JPEGS.items()
        if name != "progressive"
    },
    "cut at 90 %": ("jpeg", JPEGS["baseline"][: len(JPEGS["baseline"]) * 9 // 10]),
    "text of 3 MB": ("png", with_chunks(COLOUR, chunk(b"zTXt", b"Comment\0\0" + LONG_TEXT))),
    "XMP of 3 MB": ("png", with_chunks(COLOUR, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG_TEXT))),
    "a profile of 3 MB": ("png", with_chunks(COLOUR, chunk(b"iCCP", b"p\0\0" + LONG_TEXT))),
    "text's checksum": ("png", with_chunks(COLOUR, chunk(b"tEXt", b"a\0b", 1))),
    "gamma's checksum": ("png", with_chunks(COLOUR, chunk(b"gAMA", struct.pack(">I", 100_000), 1))),
    "the pixels' checksum": (
        "png",
        png(np.asarray(photo(96, 64)), 2)[:-20] + bytes(4) + png(np.asarray(photo(96, 64)), 2)[-16:],
    ),
    "the zlib stream's checksum": (
        "png",
        b"".join(
            (
                COLOUR[:33],
                chunk(b"IDAT", zlib.compress(rows(np.asarray(photo(96, 64))))[:-4] + b"\1\2\3\4"),
                chunk(b"IEND", b""),
            )
        ),
    ),
    "no end": ("png", COLOUR[:-12]),
    "cut": ("png", COLOUR[: len(COLOUR) // 2]),
    "gamma 1.0": ("png", with_chunks(COLOUR, GAMMA)),
    "gamma 1.0, grey": ("png", with_chunks(GREY, GAMMA)),
    "gamma 1.0, 16 bits": ("png", png(DEEP, 0, GAMMA)),
    "usual gamma": ("png", with_chunks(COLOUR, USUAL)),
    "gamma and sRGB": ("png", with_chunks(COLOUR, GAMMA, chunk(b"sRGB", b"\0"))),
    "gamma and a broken profile": ("png", with_chunks(COLOUR, GAMMA, chunk(b"iCCP", b"p\0\0nonsense"))),
    "gamma cut short": ("png", with_chunks(COLOUR, chunk(b"gAMA", b"\0\1"))),
    "other primaries": ("png", with_chunks(COLOUR, USUAL, P3)),
    "primaries alone": ("png", with_chunks(COLOUR, P3)),
    "primaries that make no sense": ("png", with_chunks(GREY, GAMMA, chunk(b"cHRM", bytes(32)))),
    "video codes": ("png", with_chunks(COLOUR, chunk(b"cICP", bytes([12, 13, 0, 1])), GAMMA)),
    "16 bits, black transparent": (
        "png",
        png(np.where(DEEP < 20000, 0, DEEP).astype(np.uint16), 0, chunk(b"tRNS", b"\0\0")),
    ),
    "16 bits, a value transparent": ("png", png(DEEP_WITH_HOLE, 0, chunk(b"tRNS", b"\x12\x34"))),
    "16 bits, a colour transparent": ("png", png(DEEP_COLOUR, 2, chunk(b"tRNS", b"\x12\x34" * 3))),
    "turned by XMP alone, JPEG": ("jpeg", encoded(photo(96, 64), "JPEG", xmp=XMP)),
    "turned by XMP alone, PNG": ("png", with_chunks(COLOUR, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP))),
    "turned by XMP alone, WebP": ("webp", encoded(photo(96, 64), "WEBP", xmp=XMP, lossless=True)),
    "turned by XMP alone, AVIF": ("avif", encoded(photo(96, 64), "AVIF", xmp=XMP, quality=95, subsampling="4:4:4")),
    "turned by EXIF, JPEG": ("jpeg", encoded(photo(96, 64), "JPEG", exif=SIXTH)),
    "turned by EXIF, PNG": ("png", encoded(photo(96, 64), exif=SIXTH)),
    "turned by EXIF, WebP": ("webp", encoded(photo(96, 64), "WEBP", exif=SIXTH, lossless=True)),
    "turned by its boxes, AVIF": (
        "avif",
        encoded(photo(96, 64), "AVIF", exif=SIXTH, quality=95, subsampling="4:4:4"),
    ),
    "EXIF after the pixels": ("png", png(np.asarray(photo(96, 64)), 2, after=chunk(b"eXIf", SIXTH.tobytes()[6:]))),
    "a frame beyond the canvas": ("gif", gif(48, 32, gif_frame(flat(1, 30, 20), (30, 20)))),
}


@pytest.mark.parametrize("name", STILLS)
def test_still(page: Page, name: str) -> None:
    kind, data = STILLS[name]
    shot = page.evaluate("([data, type]) => still(data, type)", asked(data, kind))
    ours = decode_on(data, 512, "light")
    assert same(ours.pixels, pixels_of(shot), more=kind == "jpeg")
    # Nothing is missing of a picture but for those that were cut inside.
    assert ours.partial == ("cut" in name and "gamma" not in name)


# --- animations -----------------------------------------------------------------------------------------------

WHOLE, PART = (48, 32), (30, 20)
ALPHAS: Final = (128, "ramp", "holes")


def turns(first: int, dispose: int, blend: int, alpha: Any) -> bytes:
    """Four APNG frames, the later ones smaller and laid over or instead of the first."""
    how = {"dispose": dispose, "blend": blend}
    return apng(
        [
            (rgba(*WHOLE, RED, alpha), {"dispose": first}),
            (rgba(*PART, BLUE, alpha), {"x": 8, "y": 6, **how}),
            (rgba(20, 20, GREEN, alpha), {"x": 2, "y": 2, **how}),
            (rgba(24, 24, (90, 90, 90), 128), {"x": 10, "y": 3, "blend": 1}),
        ]
    )


def colours(*frames: bytes) -> bytes:
    return gif(*WHOLE, gif_frame(stripes(*WHOLE)), *frames, gif_frame(flat(3, 6, 6), (2, 2)))


def stripes(width: int, height: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    return np.asarray((x + y) // 5 % 4, np.uint8)


ONES: Final[list[tuple[NDArray[np.uint8], dict[str, int]]]] = [
    (rgba(*WHOLE, colour), {}) for colour in (RED, GREEN, BLUE)
]
HOLE: Final = np.where(np.mgrid[:20, :30][1] > 14, 2, 7).astype(np.uint8)
ANIMATIONS: Final[dict[str, tuple[str, bytes]]] = {
    **{f"apng {how}": ("png", turns(*how)) for how in product((0, 1, 2), (0, 1, 2), (0, 1), ALPHAS)},
    "a first picture that is no frame": ("png", apng(ONES, hidden=rgba(*WHOLE, (9, 9, 9)))),
    "the same, the first frame a part": (
        "png",
        apng([(rgba(*PART, RED, 128), {"x": 4, "y": 5, "blend": 1}), *ONES], hidden=rgba(*WHOLE, (9, 9, 9))),
    ),
    "too few announced": ("png", apng(ONES, count=2)),
    "too many announced": ("png", apng(ONES, count=9)),
    "played three times": ("png", apng(ONES, plays=3)),
    "long text": ("png", apng(ONES, 6, chunk(b"zTXt", b"Comment\0\0" + LONG_TEXT))),
    "text's checksum": ("png", apng(ONES, 6, chunk(b"tEXt", b"a\0b", 1))),
    "gamma 1.0": ("png", apng(ONES, 6, GAMMA)),
    "grey with a transparent value": (
        "png",
        apng(
            [(np.full((32, 48), value, np.uint8), {"blend": 1}) for value in (60, 120)],
            0,
            chunk(b"tRNS", b"\0\x78"),
        ),
    ),
    "16 bits with a transparent value": (
        "png",
        apng(
            [(np.full((32, 48), value, np.uint16), {"blend": 1}) for value in (60, 12000)],
            0,
            chunk(b"tRNS", b"\0\x3c"),
        ),
    ),
    **{
        f"gif disposal {first}, {second}": (
            "gif",
            gif(
                *WHOLE,
                gif_frame(stripes(*WHOLE), disposal=first),
                gif_frame(HOLE, (8, 6), disposal=second, transparent=7),
                gif_frame(HOLE, (2, 2), transparent=2, disposal=1),
                gif_frame(flat(3, 8, 8), (30, 20)),
            ),
        )
        for first, second in product(range(6), range(6))
    },
    **{
        f"beyond the canvas {place}": ("gif", colours(gif_frame(stripes(*PART), place, disposal=place[0] % 4)))
        for place in ((40, 4), (4, 28), (41, 24), (50, 40), (48, 0))
    },
    "larger than the canvas": ("gif", colours(gif_frame(stripes(80, 60), disposal=2))),
    "a larger first frame": ("gif", gif(*WHOLE, gif_frame(stripes(80, 60), disposal=2), gif_frame(flat(1, 8, 8)))),
    "a first frame that is a part": (
        "gif",
        gif(*WHOLE, gif_frame(stripes(20, 10), (8, 6)), gif_frame(flat(1, 8, 8))),
    ),
    "no canvas": ("gif", gif(0, 0, gif_frame(stripes(*WHOLE)), gif_frame(flat(1, 8, 8)))),
    "a loop after the first frame": (
        "gif",
        gif(*WHOLE, gif_frame(stripes(*WHOLE)), loop(2), gif_frame(flat(1, 8, 8))),
    ),
    "a loop at the end": ("gif", gif(*WHOLE, gif_frame(stripes(*WHOLE)), gif_frame(flat(1, 8, 8)), loop(0))),
    "the other loop": (
        "gif",
        gif(*WHOLE, loop(5, b"ANIMEXTS1.0"), gif_frame(stripes(*WHOLE)), gif_frame(flat(1, 8, 8))),
    ),
    "two loops": ("gif", gif(*WHOLE, loop(0), gif_frame(stripes(*WHOLE)), loop(4), gif_frame(flat(1, 8, 8)))),
    "no time": ("gif", gif(*WHOLE, gif_frame(stripes(*WHOLE), delay=0), gif_frame(flat(1, 8, 8), delay=1))),
    "more after it": ("gif", colours(gif_frame(flat(1, 8, 8))) + colours()),
}


@pytest.mark.parametrize("name", ANIMATIONS)
def test_animation(page: Page, name: str) -> None:
    kind, data = ANIMATIONS[name]
    theirs = page.evaluate("([data, type]) => frames(data, type)", asked(data, kind))
    ours = decode_frames(data, 64, "light", lifted=False)
    assert len(ours.pixels) == len(theirs["found"]) > 1
    assert all(same(frame, pixels_of(shot)) for frame, shot in zip(ours.pixels, theirs["found"], strict=True))
    assert ours.durations_ms == tuple(shown_ms(shot["ms"]) for shot in theirs["found"])
    assert (ours.plays, ours.cut) == (theirs["plays"], "")
