"""The art in a message: what Discord shows of a code block is the page, and it is no longer than was reserved."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.formats import COLOUR_CHARACTERS
from models.palettes import Background
from tests.models.pages import ATLAS, page_of_lines, random_page
from worker.delivery.result_message import LOOKALIKE, code_block

SGR = re.compile("\x1b\\[([0-9;]*)m")


def discord_shows(message: str) -> tuple[str, list[str]]:
    """Language and lines of a message that is one code block, by the expression of Discord's own parser."""
    match = re.match(r"^```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][^\x00]*?)\n*```", message, re.IGNORECASE)
    assert match
    assert match.end() == len(message), "the block ends before the art does"
    return match[1] or "", match[2].split("\n")


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize(
    "lines",
    [
        ["```", "```"],
        ["`````````", "a``b```c "],
        ["``` ", "ansi", "   `"],
        ["    ", "```a", "    "],
        ["`", "`", "`"],
        ["   ", "   "],
        ["ansi", "text"],
    ],
)
def test_backticks_and_blank_ends_survive_a_code_block(lines: list[str], colours: bool) -> None:
    width = max(map(len, lines))
    page = page_of_lines(*(line.ljust(width) for line in lines), palette="pink")
    language, shown = discord_shows(code_block(page, colours=colours))
    assert language == ("ansi" if colours else "")
    read = [SGR.sub("", line).replace(LOOKALIKE, "`").rstrip() for line in shown]
    assert read == page.grid.text().split("\n")[:-1]


def test_a_random_page_of_backticks_survives() -> None:
    for seed in range(20):
        page = random_page(30, 50, seed=seed)
        page.grid.glyphs[np.random.default_rng(seed).random((30, 50)) < 0.7] = ATLAS.charset.index("`")
        _, shown = discord_shows(code_block(page))
        assert [line.replace(LOOKALIKE, "`").rstrip() for line in shown] == page.grid.text().split("\n")[:-1]


@settings(max_examples=200)
@given(ends=st.tuples(*[st.integers(0, 0xFFFFFF)] * 2), background=st.sampled_from(["light", "dark"]))
def test_a_gradient_costs_a_message_no_more_than_was_reserved(
    ends: tuple[int, int], background: Background
) -> None:
    page = random_page(32, 54, f"#{ends[0]:06x}-#{ends[1]:06x}", background)
    assert len(code_block(page, colours=True)) - len(code_block(page)) <= COLOUR_CHARACTERS
