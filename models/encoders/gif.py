"""Pages to an animated GIF: exact inks, changed pixels only, under a limit of bytes.

A page needs few colours: its inks, each at a few levels of coverage, and the paper. Where they fit GIF's 255, the
inks are exact; fewer levels make edges coarser and the file smaller, and no glyph is ever blurred. When even the
fewest levels do not fit the limit, every second frame goes, then three of four, and so on, the time kept.

Pillow compresses the pixels; the blocks around them (https://www.w3.org/Graphics/GIF/spec-gif89a.txt) are
written here, because it would choose a palette for every frame anew and could not stop at a limit.
"""

import io
import itertools
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.page import Page
from models.palettes import PAPER, legible_inks

LEVELS: Final = (15, 7, 3, 1)
"""Levels of coverage above bare paper: the most of use, then what to try for a limit's sake; 1 is ink alone."""
FEWEST_LEVELS: Final = 2
"""Inks that leave no room for so many levels each are mixed to MIXED_INKS of their own kind."""
MIXED_INKS: Final = 36
SHORTEST_CS: Final = 2
"""Hundredths of a second; browsers show anything shorter for 10."""
_COLOURS: Final = 255  # of 256: one is "as before"
_AS_BEFORE: Final = 255


@dataclass(frozen=True)
class Gif:
    """The file. `levels` of coverage are left above paper, and one frame in `every`."""

    data: bytes
    levels: int
    every: int = 1


@dataclass(frozen=True)
class _Sheet:
    """Colours of all pages at one number of levels: paper first, then each ink from faint to full."""

    levels: int
    inks: NDArray[np.uint8]
    colours: NDArray[np.uint8]


def animated_gif(
    pages: Sequence[Page], durations_ms: Sequence[int], plays: int, most_bytes: int | None = None
) -> Gif | None:
    """The best GIF of at most `most_bytes`; None when not even one frame fits.

    All pages have one size and background. `plays` is how often it runs, 0 for ever. Times are rounded to
    hundredths of a second, without adding up.
    """
    inks = _inks(pages)
    full = min(LEVELS[0], (_COLOURS - 1) // len(inks))
    for levels in sorted({full, *(levels for levels in LEVELS if levels < full)}, reverse=True):
        sheet = _sheet(pages[0], inks, levels)
        if (data := _write(pages, durations_ms, plays, sheet, most_bytes)) is not None:
            return Gif(data, levels)
    every = 2
    while every < 2 * len(pages):
        times = [sum(durations_ms[start : start + every]) for start in range(0, len(pages), every)]
        if (data := _write(pages[::every], times, plays, sheet, most_bytes)) is not None:
            return Gif(data, sheet.levels, every)
        every *= 2
    return None


def _inks(pages: Sequence[Page]) -> NDArray[np.uint8]:
    """The inks of all pages, (K, 3); mixed to fewer where GIF has no room for them."""
    every = np.concatenate([page.painted.reshape(-1, 3) for page in pages])
    inks = np.unique(every, axis=0)
    if len(inks) * FEWEST_LEVELS < _COLOURS:
        return inks
    mixed = Image.fromarray(every[None]).quantize(MIXED_INKS, Image.Quantize.MEDIANCUT, kmeans=1)
    palette = np.array(mixed.getpalette(), np.uint8).reshape(-1, 3)[:MIXED_INKS]
    return np.unique(legible_inks(palette, pages[0].background), axis=0)


def _sheet(page: Page, inks: NDArray[np.uint8], levels: int) -> _Sheet:
    paper = np.array(PAPER[page.background], np.float32)
    shares = np.arange(1, levels + 1, dtype=np.float32) / levels
    mixes = paper + (inks[:, None].astype(np.float32) - paper) * shares[None, :, None]
    colours = np.concatenate((paper[None], mixes.reshape(-1, 3)))
    return _Sheet(levels, inks, np.rint(colours).astype(np.uint8))


def _pixels(page: Page, sheet: _Sheet) -> NDArray[np.uint8]:
    """The page as numbers of the sheet's colours, (rows · 16, columns · 8)."""
    wanted = page.painted.reshape(-1, 1, 3).astype(np.int32)
    nearest = ((wanted - sheet.inks.astype(np.int32)) ** 2).sum(-1).argmin(-1).reshape(page.rows, page.columns)
    first = (nearest * sheet.levels).astype(np.uint8).repeat(CELL_HEIGHT, 0).repeat(CELL_WIDTH, 1)
    level = np.rint(page.grid.coverage() * sheet.levels).astype(np.uint8)
    return np.where(level > 0, first + level, 0).astype(np.uint8)


def _write(
    pages: Sequence[Page], durations_ms: Sequence[int], plays: int, sheet: _Sheet, most_bytes: int | None
) -> bytes | None:
    """The whole file, or None as soon as it is longer than `most_bytes`."""
    width, height = pages[0].columns * CELL_WIDTH, pages[0].rows * CELL_HEIGHT
    table = sheet.colours.tobytes().ljust(3 * 256, b"\0")
    stream = io.BytesIO()
    stream.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + table)
    if plays != 1:
        stream.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", min(max(0, plays - 1), 65_535)) + b"\0")
    for before, pixels, hundredths in _changes(pages, durations_ms, sheet):
        stream.write(_frame(before, pixels, hundredths))
        if most_bytes is not None and stream.tell() >= most_bytes:
            return None
    stream.write(b";")
    return stream.getvalue()


def frames_in_time(durations_ms: Sequence[int]) -> list[tuple[int, int]]:
    """The frames that a GIF has time for: the index of each, and the hundredths of a second that it stays.

    Times are rounded without adding up. A frame stays SHORTEST_CS at least, and is left out where the next is due
    before it could begin; so what is faster than a GIF can be ends when it should.
    """
    ends = [round(end / 10) for end in itertools.accumulate(durations_ms)]
    kept, starts = [0], [0]
    for index, (due, end) in enumerate(itertools.pairwise(ends), 1):
        start = max(due, starts[-1] + SHORTEST_CS)
        if start < end:
            kept.append(index)
            starts.append(start)
    over = max(ends[-1], starts[-1] + SHORTEST_CS)
    return [(index, end - start) for index, start, end in zip(kept, starts, [*starts[1:], over], strict=True)]


def _changes(
    pages: Sequence[Page], durations_ms: Sequence[int], sheet: _Sheet
) -> Iterator[tuple[NDArray[np.uint8] | None, NDArray[np.uint8], int]]:
    """Each frame that differs from the one before it: that one, its own pixels, hundredths of a second it stays."""
    before: NDArray[np.uint8] | None = None
    (first, stays), *later = frames_in_time(durations_ms)
    now = _pixels(pages[first], sheet)
    for index, hundredths in later:
        after = _pixels(pages[index], sheet)
        if not np.array_equal(now, after):
            yield before, now, stays
            before, now, stays = now, after, 0
        stays += hundredths
    yield before, now, stays


def _frame(before: NDArray[np.uint8] | None, pixels: NDArray[np.uint8], hundredths: int) -> bytes:
    """One frame's blocks: of a later one the box that changed, with "as before" in it where that is shorter."""
    if before is None:
        return _blocks(pixels, (0, 0), hundredths)
    changed = before != pixels
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    offset = (int(columns[0]), int(rows[0]))
    sparse = np.where(changed, pixels, np.uint8(_AS_BEFORE))
    return min(
        _blocks(pixels[box], offset, hundredths),
        _blocks(sparse[box], offset, hundredths, transparency=_AS_BEFORE),
        key=len,
    )


def _blocks(pixels: NDArray[np.uint8], offset: tuple[int, int], hundredths: int, **options: int) -> bytes:
    milliseconds = 10 * min(hundredths, 65_535)
    image = Image.fromarray(pixels)
    return b"".join(GifImagePlugin.getdata(image, offset, duration=milliseconds, disposal=1, **options))
