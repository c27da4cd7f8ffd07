"""The benchmark of changing models under load, short: what it counts is nought here, too."""

from pathlib import Path

import pytest

from bench import reload
from tests.fork_server import forked


@pytest.mark.slow
def test_two_changes_under_load_cost_nobody_a_picture(tmp_path: Path) -> None:
    found = reload.run(tmp_path, workers=2, reloads=2, rate=2.0, calm_s=5.0, start=forked)
    assert (found.failed, found.lost, found.mixed_up) == (0, 0, 0), found
    assert found.refused, "a damaged upload was taken"
    assert len(found.changes) == 2 and len(found.drawn) == 2 and found.commands >= 15
