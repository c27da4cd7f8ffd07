"""Training pairs as files, like the reference dataset: 512×1024 px, the ASCII picture left, the photo right.

Written as PNG, so that no character is blurred. Datasets of others are read back whichever half is the photo.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas, default_atlas
from models.baselines.local_search import SWEEPS, local_search
from models.baselines.per_cell import search, shade
from models.baselines.ramp import ramp_grid
from models.distinct_names import distinct_names
from models.encoders.png import paint
from models.file_sentences import reason
from models.page import Grid, Page, inked_rows, page_of
from models.palettes import find_palette, hsl_row_inks
from models.problems import PictureProblem, Refused
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of
from models.training.data import pictures_below

SIDE: Final = 512
COLUMNS: Final = SIDE // CELL_WIDTH
ROWS: Final = SIDE // CELL_HEIGHT
MIXED: Final = 0.2
"""From this share of files with the photo on the other side, a folder is mixed and each file decides for itself."""

Baseline = Callable[[NDArray[np.uint8], Atlas], Grid]


@dataclass(frozen=True)
class Pair:
    """Two (H, W, 3) sRGB pictures of one size: the page of characters and its photo."""

    page: NDArray[np.uint8]
    photo: NDArray[np.uint8]


def _by_ramp(rgb: NDArray[np.uint8], atlas: Atlas) -> Grid:
    return ramp_grid(rgb, COLUMNS, ROWS, atlas)


def _by_search(rgb: NDArray[np.uint8], atlas: Atlas) -> Grid:
    tone = torch.from_numpy(fit(tone_of(rgb), COLUMNS, ROWS))[None, None]
    return Grid(search(tone, torch.from_numpy(atlas.ink))[0].numpy(), atlas)


def _by_local_search(rgb: NDArray[np.uint8], atlas: Atlas) -> Grid:
    tone, ink = torch.from_numpy(fit(tone_of(rgb), COLUMNS, ROWS))[None, None], torch.from_numpy(atlas.ink)
    with torch.no_grad():
        glyphs, _ = local_search(tone, shade(tone, ink), ink, SWEEPS)
    return Grid(glyphs[0].numpy(), atlas)


REFERENCE: Final = "ramp"
"""The baseline of the reference dataset, whose name stands in no file's."""
BASELINES: Final[dict[str, Baseline]] = {REFERENCE: _by_ramp, "search": _by_search, "climber": _by_local_search}
"""Under the names that `--teacher` takes."""


def make_pair(rgb: NDArray[np.uint8], baseline: Baseline, palette: str, atlas: Atlas) -> Pair:
    """The middle square of a photo at 512×512 px, and its page of 64×32 characters.

    Raises PictureProblem `bad_palette`.
    """
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    square = Image.fromarray(rgb[top : top + side, left : left + side])
    photo = np.asarray(square.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return Pair(np.asarray(paint(_page(baseline(photo, atlas), palette, photo))), photo)


def _page(grid: Grid, palette: str, photo: NDArray[np.uint8]) -> Page:
    """On light paper, its gradient in HSL: as the reference dataset is, whatever the pictures we post look like."""
    chosen = find_palette(palette)
    if chosen.top is None:
        return page_of(grid, palette, "light", photo)
    inks = hsl_row_inks(chosen, grid.rows, inked_rows([grid]))
    return Page(grid, inks[:, None].repeat(grid.columns, 1), "light")


def write_pair(pair: Pair, path: Path) -> None:
    """Page left, photo right, as PNG; whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    Image.fromarray(np.concatenate((pair.page, pair.photo), 1)).save(unfinished, "PNG", compress_level=3)
    unfinished.replace(path)


def flat_names(files: Iterable[Path], folder: Path) -> dict[str, Path]:
    """Files below a folder by their names without suffixes where all lie in one folder: `a/cat.png` by `a_cat`."""
    files = list(files)
    names = distinct_names([PurePath("_".join(file.relative_to(folder).parts)) for file in files])
    return dict(zip(names, files, strict=True))


def make_pairs(
    photos: Mapping[str, Path], out: Path, baseline: str, palette: str
) -> Iterator[tuple[Path, str | None]]:
    """Write a pair file for every photo, by its name; those that are there already are left.

    Yields each photo when it is done, and what was wrong with it, or None. Raises PictureProblem `bad_palette`.
    """
    find_palette(palette)
    out.mkdir(parents=True, exist_ok=True)
    atlas, how = default_atlas(), palette.replace("#", "")
    if baseline != REFERENCE:
        how += f"_{baseline}"
    for name, path in photos.items():
        target = out / f"{name}_{how}.png"
        try:
            if not target.exists():
                write_pair(make_pair(decode(path.read_bytes()), BASELINES[baseline], palette, atlas), target)
            yield path, None
        except (OSError, PictureProblem) as problem:
            yield path, reason(problem)


def read_pairs(folder: Path) -> dict[Path, Pair]:
    """Every pair file below a folder, by its path.

    The page is the half that is set in type: its ink changes from pixel to pixel all over. A photo of text can
    look so too; where nearly all files agree, the others are taken to be of the same layout.

    Raises Refused when there is none, or one cannot be read or is not two squares side by side.
    """
    files = pictures_below(folder)
    if not files:
        raise Refused(f"{folder} holds no pair files")
    halves: dict[Path, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}
    for path in files:
        try:
            whole = decode(path.read_bytes(), max_side=8192)
        except (OSError, PictureProblem) as problem:
            raise Refused(f"{path.name}: {reason(problem)}") from None
        height, width = whole.shape[:2]
        if width != 2 * height:
            raise Refused(f"{path.name} is {width}×{height} px; a pair is two squares side by side")
        halves[path] = whole[:, :height], whole[:, height:]
    page_left = {path: _type_likeness(left) > _type_likeness(right) for path, (left, right) in halves.items()}
    share = sum(page_left.values()) / len(page_left)
    if not MIXED < share < 1 - MIXED:
        page_left = dict.fromkeys(page_left, share >= 0.5)
    return {
        path: Pair(left, right) if page_left[path] else Pair(right, left) for path, (left, right) in halves.items()
    }


def _type_likeness(rgb: NDArray[np.uint8]) -> float:
    """How much a picture looks like a page of type: its mean second difference, in levels of grey."""
    grey = rgb.astype(np.float32).mean(2)
    across = np.abs(2 * grey[:, 1:-1] - grey[:, :-2] - grey[:, 2:]).mean()
    down = np.abs(2 * grey[1:-1] - grey[:-2] - grey[2:]).mean()
    return float(across + down)
