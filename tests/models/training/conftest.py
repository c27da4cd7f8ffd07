"""Fixtures: labelled photos, and a whole small run on them.

Of the package, so that one process has all the tests that train: what an optimizer imports takes seconds.
"""

from pathlib import Path

import pytest

from models.training.data import Photos, photos_below
from models.training.labels import make_labels
from tests.models.training.runs import run


@pytest.fixture(scope="package")
def subjects(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels of the photos, by a network to which the subject is what is green."""
    folder = tmp_path_factory.mktemp("labels")
    assert all(problem is None for _, problem in make_labels(photos_below(photos), folder, lambda seen: seen[0, 1]))
    return folder


@pytest.fixture(scope="package")
def library(photos: Path, subjects: Path) -> Photos:
    return Photos(photos, subjects=subjects)


@pytest.fixture(scope="package")
def never_stopped(library: Photos, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole small run; its folder."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    run(library, out)
    return out
