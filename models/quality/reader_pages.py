"""Pictures for a panel of readers: each photo as every method draws it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch

from models.atlas import default_atlas
from models.baselines.per_cell import search
from models.encoders.png import encode_png, paint
from models.file_sentences import in_words
from models.formats import picture_columns, rows_for
from models.page import Grid, Page, page_of
from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE
from models.problems import PictureProblem, Refused
from models.quality.methods import as_tensor, by_program
from models.rendering.pipeline import inks_of
from models.rendering.renderer import Renderer
from models.rendering.still import MAX_SIDE, decode_on
from models.rendering.tone import fit, tone_of


def write_pages(photos: list[Path], weights: list[Path], folder: Path) -> Iterator[Path]:
    """For each photo a picture by each method, `PHOTO--METHOD.png`, at the photo's own shape and default size.

    The methods: a model by all of its defaults (paper, focus, palette), the same at 64 columns, the line to beat
    with the same characters on the same paper, and chafa's characters on light paper. All have the same palette,
    as colour alone is worth more than any choice of characters. Yields each photo when its pictures are there.
    Raises WeightsError, OSError, and Refused for a photo that cannot be read, and for two of one name.
    """
    for files in (photos, weights):
        for name, count in Counter(path.stem for path in files).items():
            if count > 1:
                raise Refused(f"{count} files are named {name}; their pages would have one name")
    renderers = [Renderer(path) for path in weights]
    folder.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        try:
            rgb, choice, _ = decode_on(photo.read_bytes(), MAX_SIDE, DEFAULT_BACKGROUND)
        except PictureProblem as problem:
            raise Refused(f"{photo}: {in_words(problem)}") from None
        light = tone_of(rgb)
        height, width = light.shape
        columns = picture_columns(width, height)
        for renderer in renderers:
            (tone,), paper = inks_of(renderer, rgb[None], choice)
            for name, wide in ((renderer.name, columns), (f"{renderer.name}-64", min(64, columns))):
                _write(page_of(renderer.grid(tone, wide), DEFAULT_PALETTE, paper, rgb), folder, photo, name)
            fitted = fit(tone, columns, rows_for(width, height, columns))
            glyphs = search(as_tensor(fitted), torch.from_numpy(renderer.atlas.ink))[0].numpy()
            rule = page_of(Grid(glyphs, renderer.atlas), DEFAULT_PALETTE, paper, rgb)
            _write(rule, folder, photo, f"{renderer.name}-rule")
        if shutil.which("chafa"):
            fitted = fit(light, columns, rows_for(width, height, columns))
            page = by_program("chafa", fitted, default_atlas())
            _write(page_of(page, DEFAULT_PALETTE, "light", rgb), folder, photo, "chafa")
        yield photo


def _write(page: Page, folder: Path, photo: Path, method: str) -> None:
    (folder / f"{photo.stem}--{method}.png").write_bytes(encode_png(paint(page)))
