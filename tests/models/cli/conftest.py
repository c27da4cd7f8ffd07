"""The command line of models, run in the tests' own process."""

from collections.abc import Callable

import pytest

from models.__main__ import main

Command = Callable[..., int]


@pytest.fixture
def models() -> Command:
    """`python -m models …` in this process; returns the exit status."""
    return lambda *arguments: main([*map(str, arguments)])
