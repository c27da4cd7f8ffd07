"""A file's bytes to loaded pixels, with a mask of those that are to be seen: what there is of a damaged file too.

Browsers show the rows that they can read of a file that was cut short, and nothing for the others. What Pillow
refuses therefore is loaded again as far as it goes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageFile

from models.files import gif, jpeg, png, tiff
from models.problems import PictureProblem
from models.rendering.compose import Disposal, Layer, composed
from models.rendering.deep_grey import DEEP_GREY
from models.rendering.deep_tiff import load_tiff
from models.rendering.pillow_file import PILLOW_ERRORS, is_known, opened

_STRIP: Final = 256
"""Rows compared at one time: two whole pictures side by side are enough in memory."""
_NO_DATA: Final = (127, 128)
"""What libjpeg puts in every channel where it has no data, one more or less by rounding."""
_EDGE: Final = 8
"""A JPEG's block, in px."""
_RETRIED: Final = ("PNG", "JPEG", "GIF", "BMP")
"""Formats that come row by row; the others' libraries give all or nothing."""
_UNDONE: Final = (3, 4)
"""GIF's "restore to previous" is 3; some programs write 4, and browsers understand."""
_CLEARED: Final = 2
_OVER: Final = 1


@dataclass(frozen=True)
class Loaded:
    """`image` as Pillow loaded it; `seen`, of mode L, is 0 where nothing of it is to be seen; None means nowhere.

    `partial`: a part of the picture is missing from the file, or cannot be what it was.
    """

    image: Image.Image
    seen: Image.Image | None = None
    partial: bool = False


def load(data: bytes, side: int | None = None) -> Loaded:
    """A still picture, or an animation's first frame, as it is shown. A JPEG may come smaller, not below `side` px.

    Raises PictureProblem as `models.rendering.pillow_file.opened` does, or one of PILLOW_ERRORS.
    """
    if data.startswith(png.SIGNATURE):
        file = png.read(data)
        first = file.frames[0]
        if file.plays is None or first.control is not None or len(file.frames) == 1:
            return _or_doubtful(load_png(file, first), first)
        # A picture that is no part of the animation is for viewers that know none.
        first = file.frames[1]
        loaded = load_png(file, first)
        shown = next(composed(file.size, [layer_of_png(first, loaded)]))
        shown.info.update(loaded.image.info)
        return _or_doubtful(replace(loaded, image=shown, seen=None), first)
    if data.startswith(jpeg.SIGNATURE):
        return _load_jpeg(jpeg.picture_of(data), side)
    if data.startswith(gif.SIGNATURES):
        animation = gif.read(data)
        layer, partial = layer_of_gif(animation.frames[0])
        return Loaded(next(composed(animation.size, [layer])), None, partial)
    if data.startswith(tiff.SIGNATURES):
        page = _beyond_pillow(data)
        if page is not None:
            return Loaded(load_tiff(page, data))
    return _as_far_as_it_goes(lambda: opened(data))


def _beyond_pillow(data: bytes) -> tiff.TiffFile | None:
    """A TIFF's page if Pillow does not know its kind of numbers, or takes it for another."""
    known = is_known(data)
    try:
        page = tiff.read(data)
    except PictureProblem:
        if known:
            return None
        raise
    return page if page.mistaken or not known else None


def load_png(file: png.PngFile, frame: png.PngFrame) -> Loaded:
    """One frame of a PNG, as large as it is stored. Raises as `load`."""
    loaded = _as_far_as_it_goes(lambda: opened(file.alone(frame)))
    if loaded.seen is not None and _all_but_the_end(loaded.seen):
        # The last four bytes are a checksum of the pixels; where it is wrong, Pillow leaves out the last row.
        again = _as_far_as_it_goes(lambda: opened(file.alone(frame, without=4)))
        loaded = loaded if again.partial else again
    image, seen = loaded.image, loaded.seen
    value = image.info.pop("transparency", None)
    mask = None
    if value is not None and file.depth == 16:
        mask = _differs_in_16_bits(image, lambda: opened(file.alone(frame)), value)
    elif value is not None:
        # Pillow spreads 2 and 4 bits over the range of 8, but not this value.
        spread = 255 // ((1 << file.depth) - 1) if image.mode == "L" else 1
        image.info["transparency"] = value * spread if isinstance(value, int) else value
    if image.mode in DEEP_GREY:
        # As with colours, of which Pillow keeps the upper byte.
        upper = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        upper.info, image = image.info, upper
    if seen is not None and file.interlaced:
        image, seen = _spread(image, seen)
    if mask is not None:
        seen = mask if seen is None else ImageChops.darker(mask, seen)
    if file.grey and image.mode == "RGBA":
        image = image.convert("LA")  # as which a profile for grey fits it
    if file.told_profile:
        clear = image.mode in ("LA", "RGBA") or "transparency" in image.info
        image = image.convert("RGBA" if clear else "RGB")
    if profile := file.told_profile or file.stored_profile:
        image.info["icc_profile"] = profile
    return Loaded(image, seen, loaded.partial)


def _all_but_the_end(seen: Image.Image) -> bool:
    """Whether at most the last two rows lack pixels; an interlaced picture's last pass ends with one of them."""
    extrema = seen.crop((0, 0, seen.width, max(1, seen.height - 2))).getextrema()
    return extrema == (255, 255)


def _or_doubtful(loaded: Loaded, frame: png.PngFrame) -> Loaded:
    """`partial` as well if a checksum inside the pixels is wrong."""
    return replace(loaded, partial=loaded.partial or not frame.sound)


def layer_of_png(frame: png.PngFrame, loaded: Loaded) -> Layer:
    """An animation's frame, ready to be laid over those before it."""
    rgba = loaded.image.convert("RGBA")
    if loaded.seen is not None:
        rgba.putalpha(ImageChops.multiply(rgba.getchannel("A"), loaded.seen))
    disposals: tuple[Disposal, ...] = ("keep", "clear", "undo")
    control = frame.control
    if control is None:
        return Layer(rgba, 0, 0, False, "keep")
    return Layer(rgba, control.left, control.top, control.blend == _OVER, disposals[control.dispose])


def layer_of_gif(frame: gif.GifFrame) -> tuple[Layer, bool]:
    """An animation's frame, ready to be laid over those before it; and whether pixels of it are missing."""
    disposal: Disposal = "undo" if frame.disposal in _UNDONE else "clear" if frame.disposal == _CLEARED else "keep"
    size = (frame.width, frame.height)
    if not frame.width or not frame.height:
        return Layer(Image.new("RGBA", size), frame.left, frame.top, True, disposal), False
    loaded = _as_far_as_it_goes(lambda: opened(frame.alone()))
    # A colour that no table has is black.
    table = np.zeros((256, 4), np.uint8)
    known = np.frombuffer(frame.palette[: len(frame.palette) // 3 * 3], np.uint8).reshape(-1, 3)
    table[: len(known), :3] = known
    table[:, 3] = 255
    if frame.transparent is not None:
        table[frame.transparent] = 0
    rgba = Image.fromarray(table[np.asarray(loaded.image)])
    if loaded.seen is not None:
        rgba.putalpha(ImageChops.multiply(rgba.getchannel("A"), loaded.seen))
    return Layer(rgba, frame.left, frame.top, True, disposal), loaded.partial


def _load_jpeg(file: jpeg.JpegFile, side: int | None) -> Loaded:
    def at(data: bytes) -> Image.Image:
        image = opened(data)
        if side is not None:
            # Decode at 1/2, 1/4 or 1/8.
            image.draft(None, (side, side))
        return image

    loaded = _as_far_as_it_goes(lambda: at(file.ended))
    rows = loaded.image.height if file.whole or loaded.partial else _rows_with_data(loaded.image)
    if rows == loaded.image.height:
        return loaded
    if rows == 0:
        raise OSError("no row is complete")
    seen = Image.new("L", loaded.image.size)
    seen.paste(255, (0, 0, seen.width, rows))
    return Loaded(loaded.image, seen, partial=True)


def _rows_with_data(image: Image.Image) -> int:
    """How many rows of a JPEG without an end are complete: below them, libjpeg has filled in the right edge."""
    edge = np.asarray(image.crop((max(0, image.width - _EDGE), 0, image.width, image.height)))
    real = ~np.isin(edge, _NO_DATA).reshape(image.height, -1).all(1)
    return int(np.flatnonzero(real)[-1]) + 1 if real.any() else 0


def _differs_in_16_bits(
    image: Image.Image, open_again: Callable[[], ImageFile.ImageFile], value: int | tuple[int, ...]
) -> Image.Image:
    """255 where a PNG of 16 bits has another value than the transparent one, else 0.

    Of colours Pillow keeps the upper byte; taken as of the other byte order, the file yields the lower one.
    """
    if isinstance(value, int):
        return Image.fromarray((np.asarray(image) != value).astype(np.uint8) * np.uint8(255))

    def lower() -> ImageFile.ImageFile:
        other = open_again()
        other.tile = [tile._replace(args="RGB;16L") for tile in other.tile]
        return other

    same = Image.new("L", image.size, 255)
    for upper, under, level in zip(image.split(), _as_far_as_it_goes(lower).image.split(), value, strict=True):
        for band, byte in ((upper, level >> 8), (under, level & 0xFF)):
            same = ImageChops.darker(same, band.point([255 * (place == byte) for place in range(256)]))
    return ImageChops.invert(same)


def _as_far_as_it_goes(open_again: Callable[[], Image.Image]) -> Loaded:
    """Load what this opens. Where data are damaged or end early, `seen` tells which pixels came before that."""
    image = open_again()
    try:
        image.load()
    except MemoryError:
        raise
    except PILLOW_ERRORS:
        if image.format not in _RETRIED:
            raise
    else:
        return Loaded(image)
    # Into two pictures filled unlike each other: they agree where pixels were written.
    with _pillow_takes_what_there_is():
        image, other = (_loaded_over(open_again(), fill) for fill in (0, 255))
    seen = _equal(image, other)
    if not seen.getbbox():
        raise OSError("no pixel can be read")
    return Loaded(image) if seen.getextrema()[0] == 255 else Loaded(image, seen, partial=True)


def _loaded_over(image: Image.Image, fill: int) -> Image.Image:
    """Load an opened picture into one that is all of one level; JPEG's draft mode has settled the size by now."""
    deep = 65535 if image.mode in DEEP_GREY else 255
    image.im = Image.new(image.mode, image.size, (fill and deep,) * len(image.getbands())).im
    image.load()
    return image


def _equal(image: Image.Image, other: Image.Image) -> Image.Image:
    """255 where both have the same values, else 0."""
    seen = Image.new("L", image.size)
    for top in range(0, image.height, _STRIP):
        box = (0, top, image.width, min(image.height, top + _STRIP))
        same = np.asarray(image.crop(box)) == np.asarray(other.crop(box))
        if same.ndim > 2:
            same = same.all(-1)
        seen.paste(Image.fromarray(same.astype(np.uint8) * np.uint8(255)), box)
    return seen


def _spread(image: Image.Image, seen: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Let an interlaced PNG's early pixels stand for their neighbours that later passes would bring; makes RGBA."""
    stored, known = np.asarray(image.convert("RGBA")), np.asarray(seen)
    values, there = stored[::8, ::8], known[::8, ::8]
    for axis, high, wide in ((1, 8, 4), (0, 4, 4), (1, 4, 2), (0, 2, 2), (1, 2, 1), (0, 1, 1)):
        finer, own = stored[::high, ::wide], known[::high, ::wide]
        values, there = (part.repeat(2, axis)[: len(finer), : finer.shape[1]] for part in (values, there))
        values, there = np.where(own[..., None] > 0, finer, values), np.maximum(own, there)
    spread = Image.fromarray(values)
    spread.info = {name: value for name, value in image.info.items() if name != "transparency"}
    return spread, Image.fromarray(there)


@contextmanager
def _pillow_takes_what_there_is() -> Iterator[None]:
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
