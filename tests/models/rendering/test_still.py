"""Decoding: every kind of picture that people send comes out upright, in plain RGB, or is called broken."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from models.problems import PictureProblem
from models.rendering.pillow_file import HEIC
from models.rendering.still import decode, decode_on
from models.rendering.transparency import paper_for
from tests.models.pictures import encoded, photo

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (119, 119, 119)


def flat(mode: str, colour: object, size: tuple[int, int] = (32, 24)) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def near(pixels: np.ndarray, colour: tuple[int, int, int], tolerance: int = 3) -> bool:
    return bool((np.abs(pixels.astype(int) - colour) <= tolerance).all())


FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF", "TIFF"] + ["HEIF"] * HEIC


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_keeps_the_colour(form: str) -> None:
    pixels = decode(encoded(flat("RGB", (200, 30, 60)), form))
    assert pixels.shape == (24, 32, 3)
    assert near(pixels, (200, 30, 60))


def test_rgb_png_comes_back_to_the_byte() -> None:
    picture = photo(61, 47)
    assert np.array_equal(decode(encoded(picture)), np.asarray(picture))


def test_cmyk_is_not_inverted() -> None:
    assert near(decode(encoded(flat("CMYK", (0, 255, 255, 0)), "JPEG")), RED, 6)
    assert near(decode(encoded(flat("CMYK", (0, 0, 0, 255)), "JPEG")), (0, 0, 0), 6)


def test_greyscale_and_one_bit() -> None:
    assert near(decode(encoded(flat("L", 119))), GREY, 0)
    assert near(decode(encoded(flat("1", 1))), (255, 255, 255), 0)


@pytest.mark.parametrize(("value", "level"), [(0, 0), (1, 0), (255, 1), (32768, 128), (65535, 255)])
def test_sixteen_bit_grey_uses_the_full_range(value: int, level: int) -> None:
    deep = Image.fromarray(np.full((24, 32), value, np.uint16))
    assert near(decode(encoded(deep)), (level, level, level), 1)


def test_palette_with_transparency_shows_the_paper() -> None:
    picture = flat("P", 0)
    picture.putpalette([*RED, *BLUE])
    picture.paste(1, (16, 0, 32, 24))
    data = encoded(picture, transparency=0)
    for background, paper in (("light", (255, 255, 255)), ("dark", (17, 18, 20))):
        pixels = decode(data, background=background)  # type: ignore[arg-type]
        assert near(pixels[:, :16], paper, 0)
        assert near(pixels[:, 16:], BLUE, 0)


def test_grey_with_alpha_mixes_with_the_paper() -> None:
    assert near(decode(encoded(flat("LA", (0, 0)))), (255, 255, 255), 0)
    assert near(decode(encoded(flat("LA", (0, 255)))), (0, 0, 0), 0)
    assert near(decode(encoded(flat("LA", (0, 128)))), (127, 127, 127), 1)


def test_rgba_ignores_the_colour_under_full_transparency() -> None:
    assert near(decode(encoded(flat("RGBA", (*RED, 0)))), (255, 255, 255), 0)


def test_rgb_with_a_transparent_colour() -> None:
    picture = flat("RGB", RED)
    picture.paste(GREEN, (16, 0, 32, 24))
    pixels = decode(encoded(picture, transparency=RED))
    assert near(pixels[:, :16], (255, 255, 255), 0)
    assert near(pixels[:, 16:], GREEN, 0)


CLEAR = (255, 255, 255, 0)


@pytest.mark.parametrize(
    ("logo", "paper"),
    [
        ((0, 0, 0, 255), "light"),  # a dark logo
        ((0, 0, 160, 255), "light"),
        ((255, 255, 255, 255), "dark"),  # a light one
        ((255, 230, 0, 255), "dark"),
        ((0, 0, 0, 40), "light"),  # however faint
        ((255, 255, 255, 40), "dark"),
        (CLEAR, "light"),  # nothing to be seen
    ],
)
def test_paper_on_which_a_logo_stands_out(logo: tuple[int, int, int, int], paper: str) -> None:
    rgba = np.full((6, 8, 4), CLEAR, np.uint8)
    rgba[2:4, 3:5] = logo
    assert paper_for(rgba) == paper


def test_paper_is_weighted_by_alpha() -> None:
    rgba = np.array([[(0, 0, 0, 255), (255, 255, 255, 60), (255, 255, 255, 60)]], np.uint8)
    assert paper_for(rgba) == "light"
    rgba[0, 1:, 3] = 255
    assert paper_for(rgba) == "dark"


@pytest.mark.parametrize("size", [(32, 24), (4000, 300)])
@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_auto_paper_shows_through_transparent_parts(form: str, size: tuple[int, int]) -> None:
    for level, paper in ((0, (255, 255, 255)), (255, (17, 18, 20))):
        logo = flat("RGBA", CLEAR, size)
        logo.paste((level,) * 3 + (255,), (size[0] // 2, 0, *size))
        pixels = decode(encoded(logo, form, lossless=True), background="auto")
        assert near(pixels[:, : pixels.shape[1] // 2 - 1], paper, 0)
        assert near(pixels[:, pixels.shape[1] // 2 + 1 :], (level,) * 3, 0)


def test_auto_paper_of_a_palette_and_of_what_is_opaque() -> None:
    picture = flat("P", 0)
    picture.putpalette([0, 0, 0, 255, 255, 255])
    picture.paste(1, (16, 0, 32, 24))
    assert near(decode(encoded(picture, transparency=0), background="auto")[:, :16], (17, 18, 20), 0)
    assert near(decode(encoded(picture, transparency=1), background="auto")[:, 16:], (255, 255, 255), 0)
    assert near(decode(encoded(flat("RGB", RED)), background="auto"), RED, 0)


# Where a dark corner that is stored top left belongs, by EXIF's orientation.
CORNERS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("top", "left"),
    6: ("top", "right"),
    7: ("bottom", "right"),
    8: ("bottom", "left"),
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "AVIF", "TIFF"] + ["HEIF"] * HEIC)
@pytest.mark.parametrize("orientation", CORNERS)
def test_exif_rotation(orientation: int, form: str) -> None:
    picture = flat("RGB", (255, 255, 255), (40, 24))
    picture.paste((0, 0, 0), (0, 0, 12, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(encoded(picture, form, exif=exif.tobytes(), quality=95))
    assert pixels.shape == ((40, 24, 3) if orientation >= 5 else (24, 40, 3))
    vertical, horizontal = CORNERS[orientation]
    corner = pixels[2 if vertical == "top" else -3, 2 if horizontal == "left" else -3]
    assert near(corner, (0, 0, 0), 10)
    assert sum(near(pixels[y, x], (0, 0, 0), 10) for y in (2, -3) for x in (2, -3)) == 1


def test_damaged_notes_about_a_picture_do_not_refuse_it() -> None:
    for exif in (b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x09" + b"\xff" * 40):
        assert near(decode(encoded(flat("RGB", RED), "JPEG", exif=exif, quality=95)), RED, 3)


def test_a_large_picture_is_turned_after_it_was_made_small() -> None:
    picture = flat("RGB", (255, 255, 255), (1200, 300))
    picture.paste((0, 0, 0), (0, 0, 400, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    for form in ("PNG", "TIFF"):
        pixels = decode(encoded(picture, form, exif=exif), max_side=120)
        assert pixels.shape == (120, 30, 3)
        assert near(pixels[:38, 21:], (0, 0, 0), 0) and near(pixels[42:], (255, 255, 255), 0)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF"])
def test_all_black_and_all_white(level: int, form: str) -> None:
    assert near(decode(encoded(flat("RGB", (level,) * 3), form)), (level,) * 3, 1)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.4, 0.6, 0.9])
def test_of_a_truncated_file_what_is_there_is_drawn(form: str, share: float) -> None:
    """The rest is paper, and the caller is told."""
    whole = encoded(NOISE, form)
    part, all_of_it = decode_on(whole[: int(len(whole) * share)], 64, "dark"), decode(whole)
    assert part.partial
    missing = (part.pixels == (17, 18, 20)).all((1, 2))
    assert 0.5 * (1 - share) < missing.mean() < 1.3 * (1 - share) + 0.2
    there = part.pixels[~missing][1:-1].astype(int), all_of_it[~missing][1:-1]
    assert np.abs(there[0] - there[1]).max(-1).mean() < 12  # of a JPEG, the colours mix with the next row's


@pytest.mark.parametrize("form", ["WEBP", "AVIF", "TIFF"] + ["HEIF"] * HEIC)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files_are_called_broken(form: str, share: float) -> None:
    whole = encoded(NOISE, form)
    with pytest.raises(PictureProblem) as problem:
        decode(whole[: int(len(whole) * share)])
    assert problem.value.code == "broken"
    assert "damaged or cut short" in str(problem.value)


def test_a_wrong_profile_leaves_the_pixels_alone() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert near(decode(encoded(flat("RGB", (200, 30, 60)), icc_profile=b"no profile at all")), (200, 30, 60), 0)
    # A profile for RGB inside a grey and inside a CMYK picture, and a cut one.
    assert near(decode(encoded(flat("L", 119), icc_profile=srgb)), GREY, 0)
    assert near(decode(encoded(flat("CMYK", (0, 255, 255, 0)), "JPEG", icc_profile=srgb)), RED, 6)
    assert near(decode(encoded(flat("RGB", (200, 30, 60)), icc_profile=srgb[:100])), (200, 30, 60), 0)


def test_a_profile_that_fits_is_applied() -> None:
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert near(decode(encoded(flat("RGB", (200, 30, 60)), icc_profile=srgb)), (200, 30, 60), 2)
    assert near(decode(encoded(flat("RGB", (200, 30, 60)), icc_profile=xyz)), (200, 30, 60), 0)


def wide_gamut() -> bytes:
    """An RGB profile whose red and green are swapped: any use of it shows."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(profile)
    # The table of tags has a signature, an offset and a size each (ICC.1:2022, section 7.3).
    tags = {profile[at : at + 4]: slice(at + 4, at + 12) for at in range(132, 132 + 12 * profile[131], 12)}
    swapped[tags[b"rXYZ"]], swapped[tags[b"gXYZ"]] = profile[tags[b"gXYZ"]], profile[tags[b"rXYZ"]]
    return bytes(swapped)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"] + ["HEIF"] * HEIC)
def test_a_profile_of_another_colour_space(form: str) -> None:
    pixels = decode(encoded(flat("RGB", RED), form, icc_profile=wide_gamut(), quality=95))
    assert near(pixels, GREEN, 8)


def test_a_profile_with_transparency_and_with_a_palette() -> None:
    picture = flat("RGBA", (*RED, 255))
    picture.paste((*RED, 0), (16, 0, 32, 24))
    for image in (picture, picture.convert("P")):
        pixels = decode(encoded(image, icc_profile=wide_gamut()))
        assert near(pixels[:, :16], GREEN, 3)
    assert near(decode(encoded(picture, icc_profile=wide_gamut()))[:, 16:], (255, 255, 255), 0)


@pytest.mark.parametrize(
    ("white", "kind"),
    [
        *((level, np.float32) for level in (1, 255, 65535, 9e9)),
        *((65535, np.uint16), (65535, np.int32), (2**30, np.int32)),
    ],
)
def test_deep_grey_in_tiff(white: float, kind: type[np.generic]) -> None:
    values = np.zeros((24, 32), kind)
    values[:, 16:] = white
    values[:, 8:16] = white / 2
    pixels = decode(encoded(Image.fromarray(values), "TIFF"))
    assert near(pixels[:, :8], (0, 0, 0), 0) and near(pixels[:, 16:], (255, 255, 255), 0)
    assert near(pixels[:, 8:16], (128, 128, 128), 1)


def test_numbers_that_are_none_are_black() -> None:
    values = np.full((24, 32), np.nan, np.float32)
    values[:, 16:] = np.inf
    assert near(decode(encoded(Image.fromarray(values), "TIFF")), (0, 0, 0), 0)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiff_the_first_page(compression: str) -> None:
    pages = [flat("RGB", colour, (64, 48)) for colour in (RED, BLUE)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression=compression)
    assert near(decode(data), RED, 6)


@pytest.mark.parametrize(
    ("mode", "colour", "shown"),
    [("CMYK", (0, 255, 255, 0), RED), ("LAB", (138, 208, 195), (254, 0, 9)), ("1", 1, (255, 255, 255))],
)
def test_tiff_of_other_colours(mode: str, colour: object, shown: tuple[int, int, int]) -> None:
    assert near(decode(encoded(flat(mode, colour), "TIFF")), shown, 30)


@pytest.mark.parametrize("form", ["WEBP", "AVIF", "TIFF"] + ["HEIF"] * HEIC)
def test_transparency_shows_the_paper(form: str) -> None:
    picture = flat("RGBA", (*RED, 255))
    picture.paste((*BLUE, 0), (16, 0, 32, 24))
    data = encoded(picture, form, quality=95)
    for background, paper in (("light", (255, 255, 255)), ("dark", (17, 18, 20))):
        pixels = decode(data, background=background)  # type: ignore[arg-type]
        assert near(pixels[:, :12], RED, 8)
        assert near(pixels[:, 20:], paper, 8)


def test_the_longest_side_is_kept_under_the_limit_and_the_aspect_stays() -> None:
    assert decode(encoded(photo(400, 100)), max_side=128).shape == (32, 128, 3)
    assert decode(encoded(photo(100, 400), "JPEG"), max_side=128).shape == (128, 32, 3)
    assert decode(encoded(photo(100, 80)), max_side=128).shape == (80, 100, 3)


def test_the_first_frame_of_an_animation() -> None:
    frames = [flat("RGB", RED), flat("RGB", BLUE)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert near(decode(data), RED)


def test_a_huge_jpeg_is_decoded_small() -> None:
    """100 megapixels would take 300 MB as RGB; draft mode decodes an eighth of each side."""
    code = """
import sys
from pathlib import Path
from models.rendering.still import decode
data = sys.stdin.buffer.read()
# Not ru_maxrss: a child inherits its parent's, and would show none of its own.
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = peak()
print(decode(data, max_side=512).shape, (peak() - before) // 1024)
"""
    huge = encoded(Image.new("L", (10_000, 10_000), 119), "JPEG")
    done = subprocess.run(
        [sys.executable, "-c", code], input=huge, capture_output=True, check=True, cwd=Path(__file__).parents[3]
    )
    shape, megabytes = done.stdout.decode().rsplit(" ", 1)
    assert shape == "(512, 512, 3)"
    assert int(megabytes) < 60
