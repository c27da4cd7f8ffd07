"""Fixtures: a folder of synthetic photos and a small untrained weights file."""

from pathlib import Path

import pytest
import torch

from models.atlas import default_atlas
from models.nn.architecture import SIZES
from models.nn.generator import Generator
from models.weights_file import save_weights
from tests.models.pictures import photo


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 20 pictures, enough for both sides of the split."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(20):
        photo(192, 160, seed).save(folder / f"{seed:02}.png")
    return folder


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained generator of the smallest size, saved."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    metrics = {"similarity_8": 0.1}
    save_weights(path, Generator(SIZES["tiny"]), default_atlas(), teacher="none", step=0, metrics=metrics)
    return path
