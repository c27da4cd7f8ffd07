"""Other programs that draw with characters, run as they would be by hand, one thread each."""

import re
import subprocess
import tempfile
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas
from models.page import Grid
from models.quality.sources import Ink

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
