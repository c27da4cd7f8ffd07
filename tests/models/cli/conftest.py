"""The command line of models, run in the tests' own process."""

from collections.abc import Callable

import pytest

from models.__main__ import main

Command = Callable[..., int]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m models …` in this process; returns the exit status."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["models", *map(str, arguments)])
        return main()

    return run
