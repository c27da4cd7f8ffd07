"""An animation's frames, composed as browsers do, one after the other as they are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from PIL import Image

from models.files import gif, png
from models.rendering.compose import Layer, composed
from models.rendering.load import layer_of_gif, layer_of_png, load_png
from models.rendering.pillow_file import opened

_BY_LIBRARY: Final = ("WEBP", "AVIF")
"""Formats whose libraries compose the frames."""


class Shown(NamedTuple):
    """What is shown for `duration_ms`; it is the caller's only until the next is asked for. `partial`: not all."""

    image: Image.Image
    duration_ms: float
    partial: bool = False


@dataclass(frozen=True)
class Animation:
    """`size` in px as stored, `count` frames at most, `plays` how often all is to run, 0 for ever.

    `largest`: the pixels of the largest frame, which may be more than the size's. `frames` raises PictureProblem or
    one of `pillow_file`'s PILLOW_ERRORS where the file is damaged. `whole` is False where it is damaged after them.
    """

    size: tuple[int, int]
    count: int
    plays: int
    frames: Iterator[Shown]
    whole: bool = True
    largest: int = 0


def animation_of(data: bytes) -> Animation | None:
    """The animation in a file, or None in one that moves by no means; a TIFF's pages are none.

    Raises PictureProblem as `models.rendering.pillow_file.opened` does, or one of PILLOW_ERRORS.
    """
    if data.startswith(gif.SIGNATURES):
        return _of_gif(gif.read(data))
    if data.startswith(png.SIGNATURE):
        return _of_png(png.read(data))
    if data[8:12] != b"WEBP" and data[4:8] != b"ftyp":
        return None
    image = opened(data)
    if image.format in _BY_LIBRARY and getattr(image, "is_animated", False):
        count = int(getattr(image, "n_frames", 1))
        return Animation(image.size, count, int(image.info.get("loop", 0)), _by_library(image, count))
    return None


def _of_gif(file: gif.GifFile) -> Animation | None:
    if len(file.frames) == 1 and file.in_order:
        return None
    durations, partial = list[int](), list[bool]()

    def layers() -> Iterator[Layer]:
        for frame in file.frames:
            layer, incomplete = layer_of_gif(frame)
            if incomplete and durations and not frame.whole:
                raise EOFError("the file ends inside a frame")
            durations.append(frame.duration_ms)
            partial.append(incomplete)
            yield layer

    frames = (Shown(image, durations[-1], partial[-1]) for image in composed(file.size, layers()))
    largest = max(frame.width * frame.height for frame in file.frames)
    return Animation(file.size, len(file.frames), file.plays, frames, file.in_order, largest)


def _of_png(file: png.PngFile) -> Animation | None:
    # One may begin with a picture that is no part of the animation, for viewers that know none.
    stored = [frame for frame in file.frames if frame.control is not None][: file.announced] or [file.frames[0]]
    whole = file.in_order and (file.ended or len(stored) == file.announced)
    if file.plays is None or (len(stored) == 1 and whole):
        return None
    info, partial = dict[str, object](), list[bool]()

    def layers() -> Iterator[Layer]:
        for frame in stored:
            loaded = load_png(file, frame)
            if loaded.partial and partial:
                raise EOFError("a frame lacks pixels")
            info.update({key: value for key, value in loaded.image.info.items() if key in ("icc_profile", "exif")})
            partial.append(loaded.partial or not frame.sound)
            yield layer_of_png(frame, loaded)

    def frames() -> Iterator[Shown]:
        for image in composed(file.size, layers()):
            image.info.update(info)
            control = stored[len(partial) - 1].control
            yield Shown(image, control.duration_ms if control is not None else 0, partial[-1])

    return Animation(file.size, len(stored), file.plays, frames(), whole)


def _by_library(image: Image.Image, count: int) -> Iterator[Shown]:
    for index in range(count):
        image.seek(index)
        image.load()
        yield Shown(image, image.info.get("duration", 0))
