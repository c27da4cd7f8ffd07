"""Other programs: what goes in and what comes out."""

import shutil

import numpy as np
import pytest

from models.atlas import default_atlas
from models.page import Grid
from models.quality.methods import PROGRAMS, all_methods, parse

ATLAS = default_atlas()


@pytest.mark.parametrize("name", PROGRAMS)
def test_other_programs_put_ink_where_tone_is(name: str) -> None:
    """Dark ink on light paper: more tone, more ink. The wrong way round this correlation is negative."""
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    (method,) = (method for method in all_methods([]) if method.name == name)
    output = method.draw(np.tile(np.linspace(0, 1, 512, dtype=np.float32), (512, 1)))
    assert output.page.glyphs.shape == (32, 64)
    ink = output.page.coverage().reshape(32, 16, 64, 8).mean((0, 1, 3))
    assert np.corrcoef(ink, np.arange(64))[0, 1] > 0.7


def test_output_of_programs_is_parsed_whatever_they_add() -> None:
    text = "\x1b[0;34;40mab\x1b[0m c\r\n\x1b[?25l~é\nxyzxyz too long\n\nno such row"
    glyphs = parse(text, 4, 4, ATLAS.charset)
    assert Grid(glyphs, ATLAS).text() == "ab c\n~\nxyzx\n\n"
