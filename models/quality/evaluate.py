"""Evaluation in the open: our weights beside the teachers, the reference renderer and other programs.

Every method gets the same pages of tone and gives characters (or, for the free-pixel head, ink). What is
measured is the picture as it would be posted: painted, encoded as PNG, read back. Columns are explained in
docs/evaluation.md, and what none of them measures: whether people can name what they see. For that, `write_pages`
writes the pictures that a panel of readers needs.
"""

import hashlib
import io
import json
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.table import Table
from torch import Tensor

from models.atlas import Atlas, default_atlas
from models.baselines.local_search import climb
from models.baselines.per_cell import ramp, search, shade
from models.formats import picture_columns, rows_for
from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE
from models.problems import PictureProblem
from models.quality.fidelity import blur, effective_glyphs, fidelity, similarity
from models.quality.measures import edge_similarity, edges, frame, legibility, read
from models.rendering.decode import MAX_SIDE, decode, decode_on
from models.rendering.drawing import ink_of
from models.rendering.grid import Grid
from models.rendering.page import Page, page_of
from models.rendering.paint import encode_png, paint
from models.rendering.renderer import Renderer
from models.rendering.tone import fit, stretch, tone_of
from models.training.data import Photos, middle
from models.training.labels import pictures_below

SIZES: Final = ((64, 32), (128, 64))
CLIMBER_SWEEPS: Final = 6
VIEWING_SIGMAS: Final = (4, 8, 16)
BLURRED_PHOTO_SIGMA: Final = 4.0
LINE_TO_BEAT: Final = "search"
CLIMBER: Final = "climber"
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")

Numbers = dict[str, float | None]
Ink = NDArray[np.float32]
"""A page's tone or ink, (H, W) in [0, 1]."""


@dataclass(frozen=True)
class Drawn:
    """What a method made of a tone: the page, and the glyphs that should be read from it (None: no characters)."""

    page: Grid
    intended: NDArray[np.int64] | None
    ms: float


@dataclass(frozen=True)
class Method:
    """`draw` gets tone (H, W) on the grid of cells; `megabytes` is what has to be there to draw, where known."""

    name: str
    draw: Callable[[NDArray[np.float32]], Drawn]
    megabytes: float | None = None


@dataclass(frozen=True)
class Row:
    """One method at one size: the mean of each measure over all pages."""

    method: str
    columns: int
    rows: int
    numbers: Numbers


def read_tones(folder: Path, count: int, *, held_out: bool) -> list[Ink]:
    """Tones (side, side) of the middle squares of up to `count` photos, in the order of their content's hash.

    `held_out` takes only those that training on this folder leaves out. Raises ValueError when there is none.
    """
    if held_out:
        return [stretch(middle(photo.tone)) for photo in Photos(folder).validation[:count]]
    tones: list[Ink] = []
    for path in by_content(folder):
        if len(tones) == count:
            break
        try:
            tone = tone_of(decode(path.read_bytes(), 1024))
        except PictureProblem:
            continue
        tones.append(stretch(middle(np.rint(tone * 255).astype(np.uint8))))
    if not tones:
        raise ValueError(f"{folder} holds no picture that can be read")
    return tones


def by_content(folder: Path) -> list[Path]:
    """The folder's pictures in the order of their content's hash. Raises ValueError when there are none."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    files = pictures_below(folder)
    if not files:
        raise ValueError(f"{folder} holds no pictures")
    return [path for _, path in sorted((hashlib.sha256(path.read_bytes()).digest(), path) for path in files)]


def held_out_files(folder: Path) -> list[Path]:
    """The files of the photos that training on this folder leaves out. Raises ValueError as `Photos` does."""
    return [photo.path for photo in Photos(folder).validation]


def methods(weights: list[Path]) -> list[Method]:
    """Every row of the table: weights files, teachers, the reference ramp, other programs, and sanity rows.

    Raises WeightsError for a weights file that cannot be used.
    """
    atlas = default_atlas()
    rows = [row for path in weights for row in _weights(path)]
    rows += [
        _rule(LINE_TO_BEAT, search, atlas),
        _rule("shade", shade, atlas),
        _rule(CLIMBER, lambda tone, ink: climb(tone, shade(tone, ink), ink, CLIMBER_SWEEPS)[0], atlas),
        _rule("ramp, linear", lambda tone, _: ramp(tone, atlas.charset, 1.0), atlas),
        _rule("ramp, GCF 2 (reference)", lambda tone, _: ramp(tone, atlas.charset), atlas),
    ]
    rows += [_program(name, atlas) for name in PROGRAMS if shutil.which(name)]
    rows.append(Method("white page", lambda tone: Drawn(_inked(np.zeros_like(tone), atlas), None, 0.0)))
    rows.append(Method("blurred photo", lambda tone: Drawn(_inked(_blurred(tone, atlas), atlas), None, 0.0)))
    return rows


def evaluate(
    tones: list[Ink], rows: list[Method], progress: Callable[[], None] = lambda: None
) -> Iterator[tuple[Row, list[Ink]]]:
    """Each method at each size: its row, and the prints as (H, W) ink. Calls `progress` after each page.

    One thread, whatever is set: the times are those of one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for columns, lines in SIZES:
            pages = [fit(tone, columns, lines) for tone in tones]
            strokes = [edges(_tensor(page)) for page in pages]
            for method in rows:
                method.draw(pages[0])  # what is made once is not timed
                numbers, prints, pages_of_glyphs = [], [], []
                for page, stroke in zip(pages, strokes, strict=True):
                    drawn = method.draw(page)
                    print_ = posted(drawn.page)
                    numbers.append(measure(drawn, print_, page, stroke))
                    prints.append(print_)
                    if drawn.intended is not None:
                        pages_of_glyphs.append(torch.from_numpy(drawn.page.glyphs))
                    progress()
                means = _means(numbers) | {"megabytes": method.megabytes}
                means["frame"] = frame(pages_of_glyphs) if pages_of_glyphs else None
                yield Row(method.name, columns, lines, means), prints
    finally:
        torch.set_num_threads(threads)


def posted(page: Grid) -> NDArray[np.float32]:
    """The ink of a page as one reads it from the PNG that is posted, (H, W) in [0, 1]."""
    with Image.open(io.BytesIO(encode_png(paint(page_of(page, "mono"))))) as image:
        ink: NDArray[np.float32] = 1 - np.asarray(image.convert("L"), np.float32) / np.float32(255)
    return ink


def measure(
    drawn: Drawn, print_: NDArray[np.float32], tone: NDArray[np.float32], strokes: Tensor
) -> dict[str, float | None]:
    """All measures of one page; None where one has no meaning for this method."""
    page, wanted, ink = _tensor(print_), _tensor(tone), torch.from_numpy(drawn.page.atlas.ink)
    black = drawn.page.atlas.densest
    numbers: Numbers = {
        f"similarity_{sigma}": similarity(page / black, wanted, float(sigma)).item() for sigma in VIEWING_SIGMAS
    }
    numbers |= {
        "fidelity": fidelity(page, wanted, float(VIEWING_SIGMAS[0])).item(),
        "edge_similarity": edge_similarity(page, strokes),
        "legibility": legibility(page, ink) if print_.any() else None,
        "decode": None,
        "effective_glyphs": None,
        "ms": drawn.ms or None,
    }
    if drawn.intended is not None:
        glyphs = torch.from_numpy(drawn.page.glyphs)
        numbers |= {
            "decode": float((read(page, ink).numpy() == drawn.intended).mean()),
            "effective_glyphs": effective_glyphs(glyphs)[0],
        }
    return numbers


COLUMNS: Final = {
    "similarity_4": ("sim. σ4", "{:.3f}"),
    "similarity_8": ("σ8", "{:.3f}"),
    "similarity_16": ("σ16", "{:.3f}"),
    "edge_similarity": ("edges", "{:.3f}"),
    "legibility": ("legible", "{:.2f}"),
    "decode": ("decode", "{:.1%}"),
    "effective_glyphs": ("glyphs", "{:.1f}"),
    "frame": ("frame", "{:.1f}"),
    "fidelity": ("fidelity", "{:.3f}"),
    "ms": ("ms", "{:.0f}"),
    "megabytes": ("MB", "{:.1f}"),
}


def table(rows: list[Row], columns: int, lines: int, pages: int) -> Table:
    """The rows of one size, for a terminal."""
    result = Table(title=f"{columns}×{lines} cells, mean of {pages} pictures", title_justify="left")
    result.add_column("method", no_wrap=True)
    for title, _ in COLUMNS.values():
        result.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        if (row.columns, row.rows) == (columns, lines):
            cells = [
                "–" if (value := row.numbers[name]) is None else form.format(value)
                for name, (_, form) in COLUMNS.items()
            ]
            result.add_row(row.method, *cells)
    return result


def write_pages(photos: list[Path], weights: list[Path], folder: Path) -> Iterator[Path]:
    """For each photo a picture by each method, at its own shape and default size, as a panel of readers needs them.

    `PHOTO--METHOD.png`: a model by all of its defaults (paper, focus, palette), the same at 64 columns, the line to
    beat with the same characters on the same paper, and chafa's characters on light paper, all in the same palette:
    colour alone is worth more than any choice of characters. Yields each photo when its pictures are there. Raises
    WeightsError, OSError, and ValueError for a photo that cannot be read, and for two of one name.
    """
    for files in (photos, weights):
        for name, count in Counter(path.stem for path in files).items():
            if count > 1:
                raise ValueError(f"{count} files are named {name}; their pages would have one name")
    renderers = [Renderer(path) for path in weights]
    folder.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        try:
            rgb, choice = decode_on(photo.read_bytes(), MAX_SIDE, DEFAULT_BACKGROUND)
        except PictureProblem as problem:
            raise ValueError(f"{photo}: {problem}") from None
        light = tone_of(rgb)
        height, width = light.shape
        columns = picture_columns(width, height)
        for renderer in renderers:
            tone, paper = ink_of(renderer, rgb, choice)
            for name, wide in ((renderer.name, columns), (f"{renderer.name}-64", min(64, columns))):
                _write(page_of(renderer.grid(tone, wide), DEFAULT_PALETTE, paper, rgb), folder, photo, name)
            fitted = fit(tone, columns, rows_for(width, height, columns))
            glyphs = search(_tensor(fitted), torch.from_numpy(renderer.atlas.ink))[0].numpy()
            rule = page_of(Grid(glyphs, renderer.atlas), DEFAULT_PALETTE, paper, rgb)
            _write(rule, folder, photo, f"{renderer.name}-rule")
        if shutil.which("chafa"):
            fitted = fit(light, columns, rows_for(width, height, columns))
            page = by_program("chafa", fitted, default_atlas())
            _write(page_of(page, DEFAULT_PALETTE, "light", rgb), folder, photo, "chafa")
        yield photo


def _write(page: Page, folder: Path, photo: Path, method: str) -> None:
    (folder / f"{photo.stem}--{method}.png").write_bytes(encode_png(paint(page)))


def write_json(rows: list[Row], pages: int, path: Path) -> None:
    """The table for programs: each row with its size and measures."""
    report = {
        "pages": pages,
        "rows": [{"method": r.method, "columns": r.columns, "rows": r.rows, **r.numbers} for r in rows],
    }
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_sheet(tones: list[Ink], prints: dict[str, list[Ink]], path: Path, most: int = 6) -> None:
    """A contact sheet: the tones in the first line, then a line per method, each picture 256 px wide."""
    side, label = 256, 18
    lines = {"tone": tones, **prints}
    sheet = Image.new("L", (min(most, len(tones)) * side, len(lines) * (side + label)), 255)
    draw, face = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for line, (name, pictures) in enumerate(lines.items()):
        draw.text((4, line * (side + label) + 1), name, fill=0, font=face)
        for column, ink in enumerate(pictures[:most]):
            picture = Image.fromarray(np.rint((1 - ink) * 255).astype(np.uint8))
            small = picture.resize((side, side), Image.Resampling.BOX)
            sheet.paste(small, (column * side, line * (side + label) + label))
    sheet.save(path)


MODEL: Final = "model "


def _weights(path: Path) -> list[Method]:
    """A file's pages as they are posted and, where those are proofread, what the generator alone says."""
    renderer, megabytes = Renderer(path), path.stat().st_size / 2**20
    rows = [Method(MODEL + path.stem, lambda tone: _by_model(renderer, tone, proofread=True), megabytes)]
    if renderer.proof_sweeps:
        name = f"{MODEL}{path.stem}, one pass"
        rows.append(Method(name, lambda tone: _by_model(renderer, tone, proofread=False), megabytes))
    return rows


def _by_model(renderer: Renderer, tone: NDArray[np.float32], *, proofread: bool) -> Drawn:
    start = time.process_time()
    page = renderer.grid(tone, tone.shape[1] // 8, focus=0.0, proofread=proofread)
    ms = (time.process_time() - start) * 1000
    # Free pixels have no glyphs of their own: they are read against the ramp page they learnt to draw.
    free = renderer.metadata["head"] == "pixels"
    target = ramp(_tensor(tone), page.atlas.charset)[0].numpy() if free else page.glyphs
    return Drawn(page, target, ms)


def _rule(name: str, rule: Callable[[Tensor, Tensor], Tensor], atlas: Atlas) -> Method:
    ink = torch.from_numpy(atlas.ink)

    def draw(tone: NDArray[np.float32]) -> Drawn:
        start = time.process_time()
        with torch.no_grad():
            glyphs = rule(_tensor(tone), ink)[0].numpy()
        return Drawn(Grid(glyphs, atlas), glyphs, (time.process_time() - start) * 1000)

    return Method(name, draw)


# Each is given tone as brightness and told nothing of paper: they draw bright on dark by default, so that more
# ink stands for more brightness, which here is tone.
PROGRAMS: Final[dict[str, Callable[[str, int, int], list[str]]]] = {
    "chafa": lambda file, columns, rows: [
        "chafa",
        "--format=symbols",
        "--colors=none",
        "--symbols=ascii",
        "--work=9",
        "--stretch",
        f"--size={columns}x{rows}",
        file,
    ],
    "jp2a": lambda file, columns, rows: ["jp2a", f"--size={columns}x{rows}", "--background=dark", file],
    "img2txt": lambda file, columns, rows: [
        "img2txt",
        f"--width={columns}",
        f"--height={rows}",
        "--format=utf8",
        "--dither=none",
        file,
    ],
}

# img2txt goes through its characters once for each of its colours, so that text alone says nothing of tone;
# up to this brightness it stays with the first colour.
BRIGHTEST: Final = {"img2txt": 0.15}


def _program(name: str, atlas: Atlas) -> Method:
    def draw(tone: NDArray[np.float32]) -> Drawn:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        page = by_program(name, tone, atlas)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        ms = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return Drawn(page, page.glyphs, ms)

    return Method(name, draw)


def by_program(name: str, tone: Ink, atlas: Atlas) -> Grid:
    """The page that one of PROGRAMS, which must be installed, makes of a tone, (rows · 16, columns · 8)."""
    columns, rows = tone.shape[1] // 8, tone.shape[0] // 16
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        shown = tone * BRIGHTEST.get(name, 1.0)
        Image.fromarray(np.rint(shown * 255).astype(np.uint8)).save(file.name)
        command = PROGRAMS[name](file.name, columns, rows)
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    return Grid(parse(done.stdout.decode("utf-8", "replace"), columns, rows, atlas.charset), atlas)


def parse(text: str, columns: int, rows: int, charset: str) -> NDArray[np.int64]:
    """A program's output as glyph indices (rows, columns); colours are dropped, other characters blank."""
    lines = _COLOURS.sub("", text).splitlines()[:rows]
    lines += [""] * (rows - len(lines))
    where = {character: index for index, character in enumerate(charset)}
    return np.array([[where.get(c, 0) for c in line[:columns].ljust(columns)] for line in lines], np.int64)


def _inked(ink: NDArray[np.float32], atlas: Atlas) -> Grid:
    """A page that is no characters at all."""
    return Grid(np.zeros((ink.shape[0] // 16, ink.shape[1] // 8), np.int64), atlas, ink)


def _blurred(tone: NDArray[np.float32], atlas: Atlas) -> NDArray[np.float32]:
    """The tone itself, seen from afar, as dark as the densest glyph where it is black."""
    ink: NDArray[np.float32] = blur(_tensor(tone), BLURRED_PHOTO_SIGMA)[0, 0].numpy() * np.float32(atlas.densest)
    return ink


def _tensor(image: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image))[None, None]


def _means(numbers: list[Numbers]) -> Numbers:
    found: Numbers = {}
    for name in numbers[0]:
        values = [value for each in numbers if (value := each[name]) is not None]
        found[name] = float(np.mean(values)) if values else None
    return found
