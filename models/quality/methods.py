"""The rows of the evaluation: weights files, baselines, other programs, and two sanity rows.

Other programs that draw with characters are run as they would be by hand, one thread each.
"""

import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas, default_atlas, densest
from models.baselines.local_search import SWEEPS, local_search
from models.baselines.per_cell import ramp, search, shade
from models.blur import blur
from models.page import Grid
from models.rendering.renderer import Renderer
from models.training.data import Ink

LINE_TO_BEAT: Final = "search"
BLURRED_PHOTO_SIGMA: Final = 4.0

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
BRIGHTEST: Final = {"img2txt": 0.15}
"""img2txt goes through its characters once for each of its colours, so that text alone says nothing of tone; up to
this brightness it stays with the first colour."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Output:
    """What a method made of a tone: the page, and the glyphs that should be read from it (None: no characters)."""

    page: Grid
    intended: NDArray[np.int64] | None
    ms: float


@dataclass(frozen=True)
class Method:
    """`draw` gets tone (H, W) on the grid of cells; `megabytes` is what has to be there to draw, where known."""

    name: str
    draw: Callable[[Ink], Output]
    megabytes: float | None = None


def all_methods(weights: list[Path]) -> list[Method]:
    """Every row of the table. Raises WeightsError for a weights file that cannot be used."""
    atlas = default_atlas()
    return [
        *(method for path in weights for method in _weights(path)),
        _rule(LINE_TO_BEAT, search, atlas),
        _rule("shade", shade, atlas),
        _rule("local search", lambda tone, ink: local_search(tone, shade(tone, ink), ink, SWEEPS)[0], atlas),
        _rule("ramp, linear", lambda tone, _: ramp(tone, atlas.charset, 1.0), atlas),
        _rule("ramp, GCF 2 (reference)", lambda tone, _: ramp(tone, atlas.charset), atlas),
        *(_program(name, atlas) for name in PROGRAMS if shutil.which(name)),
        Method("white page", lambda tone: Output(_inked(np.zeros_like(tone), atlas), None, 0.0)),
        Method("blurred photo", lambda tone: Output(_inked(_blurred(tone, atlas), atlas), None, 0.0)),
    ]


def as_tensor(image: Ink) -> Tensor:
    """(H, W) as (1, 1, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image))[None, None]


def _weights(path: Path) -> list[Method]:
    """A file's pages as they are posted and, where those are refined, what the generator alone chooses."""
    renderer, megabytes = Renderer(path), path.stat().st_size / 2**20
    methods = [Method(f"model {path.stem}", lambda tone: _by_model(renderer, tone, refine=True), megabytes)]
    if renderer.refinement_sweeps:
        name = f"model {path.stem}, one pass"
        methods.append(Method(name, lambda tone: _by_model(renderer, tone, refine=False), megabytes))
    return methods


def _by_model(renderer: Renderer, tone: Ink, *, refine: bool) -> Output:
    start = time.process_time()
    page = renderer.grid(tone, tone.shape[1] // CELL_WIDTH, focus=0.0, refine=refine)
    ms = (time.process_time() - start) * 1000
    # Free pixels have no glyphs of their own: they are read against the ramp page they learnt to draw.
    free = renderer.metadata["head"] == "pixels"
    target = ramp(as_tensor(tone), page.atlas.charset)[0].numpy() if free else page.glyphs
    return Output(page, target, ms)


def _rule(name: str, rule: Callable[[Tensor, Tensor], Tensor], atlas: Atlas) -> Method:
    ink = torch.from_numpy(atlas.ink)

    def draw(tone: Ink) -> Output:
        start = time.process_time()
        with torch.no_grad():
            glyphs = rule(as_tensor(tone), ink)[0].numpy()
        return Output(Grid(glyphs, atlas), glyphs, (time.process_time() - start) * 1000)

    return Method(name, draw)


def _program(name: str, atlas: Atlas) -> Method:
    def draw(tone: Ink) -> Output:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        page = by_program(name, tone, atlas)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        ms = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return Output(page, page.glyphs, ms)

    return Method(name, draw)


def _inked(ink: Ink, atlas: Atlas) -> Grid:
    """A page that is no characters at all."""
    return Grid(np.zeros((ink.shape[0] // CELL_HEIGHT, ink.shape[1] // CELL_WIDTH), np.int64), atlas, ink)


def _blurred(tone: Ink, atlas: Atlas) -> Ink:
    """The tone itself, seen from afar, as dark as the densest glyph where it is black."""
    ink: Ink = blur(as_tensor(tone), BLURRED_PHOTO_SIGMA)[0, 0].numpy() * np.float32(densest(atlas.ink))
    return ink


def by_program(name: str, tone: Ink, atlas: Atlas) -> Grid:
    """The page that one of PROGRAMS, which must be installed, makes of a tone, (rows · 16, columns · 8)."""
    columns, rows = tone.shape[1] // CELL_WIDTH, tone.shape[0] // CELL_HEIGHT
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
