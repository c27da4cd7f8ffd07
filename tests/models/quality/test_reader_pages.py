"""`python -m models evaluate --pages`: the pictures for a panel of readers."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.__main__ import main
from models.atlas import default_atlas
from models.baselines.per_cell import cells_of
from models.nn.architecture import SIZES
from models.nn.generator import Generator
from models.options import RenderOptions
from models.quality.reader_pages import write_pages
from models.rendering.pipeline import PNG, as_file, draw
from models.rendering.renderer import Renderer
from models.training.data import Photos, by_content
from models.weights_file import save_weights
from tests.models.pictures import photo


def wide(weights: Path, folder: Path) -> Path:
    """The same model as a file of another name."""
    return Path(shutil.copy(weights, folder / "wide.safetensors"))


def test_pages_for_readers_are_the_pictures_that_are_posted(weights: Path, tmp_path: Path) -> None:
    files = {}
    for stem, size in (("tall", (120, 180)), ("strip", (400, 80)), ("tiny", (40, 30))):
        files[stem] = tmp_path / f"{stem}.png"
        photo(*size).save(files[stem])
    drawn = list(write_pages(list(files.values()), [weights, wide(weights, tmp_path)], tmp_path / "pages"))
    assert drawn == list(files.values())
    names = {"untrained", "wide"}
    kinds = {f"{name}{kind}" for name in names for kind in ("", "-64", "-rule")}
    kinds |= {"chafa"} if shutil.which("chafa") else set()
    found = {path.name for path in (tmp_path / "pages").iterdir()}
    assert found == {f"{stem}--{method}.png" for stem in files for method in kinds}
    renderer = Renderer(weights)
    for stem, path in files.items():
        posted_one = as_file(draw(renderer, path.read_bytes(), RenderOptions()), PNG)
        assert (tmp_path / "pages" / f"{stem}--untrained.png").read_bytes() == posted_one.data
        sizes = {}
        for method in kinds:
            with Image.open(tmp_path / "pages" / f"{stem}--{method}.png") as page:
                sizes[method] = page.size
        assert {sizes[method] for method in kinds if not method.endswith("-64")} == {
            (posted_one.columns * 8, posted_one.rows * 16)
        }
        assert sizes["untrained-64"][0] == 8 * min(64, posted_one.columns)


def test_pages_keep_a_models_characters_for_the_rule(tmp_path: Path) -> None:
    """The line to beat has no characters that the model has not."""
    torch.manual_seed(0)
    atlas = default_atlas(" .#")
    net = Generator(replace(SIZES["tiny"], glyphs=len(atlas.charset)))
    save_weights(tmp_path / "few.safetensors", net, atlas, teacher="", step=0, metrics={})
    photo(160, 160).save(tmp_path / "photo.png")
    list(write_pages([tmp_path / "photo.png"], [tmp_path / "few.safetensors"], tmp_path / "pages"))
    with Image.open(tmp_path / "pages" / "photo--few-rule.png") as page:
        grey = torch.from_numpy(np.asarray(page.convert("L"), np.float32))[None, None]
    paper = float(grey.flatten().mode().values)
    ink = cells_of((grey - paper).abs())[0].flatten(0, 1)
    ink /= ink.max(1, keepdim=True).values.clamp_min(1)
    there = torch.from_numpy(atlas.ink).flatten(1)
    there = there / there.max(1, keepdim=True).values.clamp_min(0.1)
    assert torch.cdist(ink, there).min(1).values.max() < 0.5
    assert set(torch.cdist(ink, there).argmin(1).tolist()) == {0, 1, 2}


def test_the_command_writes_pages_for_readers(
    photos: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "pages"
    arguments = ("--weights", str(weights), "--pages", str(folder))
    monkeypatch.setattr("sys.argv", ["models", "evaluate", str(photos), "--count", "2", *arguments])
    assert main() == 0
    assert f"2 photos by each method in {folder}" in capsys.readouterr().out
    stems = {path.name.split("--")[0] for path in folder.iterdir()}
    assert stems == {path.stem for path in by_content(photos)[:2]}
    held_out = tmp_path / "held-out"
    arguments = ("--weights", str(weights), "--pages", str(held_out))
    monkeypatch.setattr("sys.argv", ["models", "evaluate", str(photos), "--held-out", *arguments])
    assert main() == 0
    kept_back = {photo.path.stem for photo in Photos(photos).validation}
    assert {path.name.split("--")[0] for path in held_out.iterdir()} == kept_back


def test_pages_that_would_have_one_name_and_photos_that_cannot_be_read_are_told(
    weights: Path, tmp_path: Path
) -> None:
    for name in ("a/same.png", "b/same.png"):
        (tmp_path / name).parent.mkdir()
        photo(64, 64).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    one, two = tmp_path / "a" / "same.png", tmp_path / "b" / "same.png"
    for photos, files, told in (
        ([one, two], [weights], "2 files are named same"),
        ([one], [weights, weights], "2 files are named untrained"),
        ([tmp_path / "broken.png"], [weights], r"broken\.png: "),
    ):
        with pytest.raises(ValueError, match=told):
            list(write_pages(photos, files, tmp_path / "pages"))


def test_pages_want_a_folder(
    photos: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    arguments = ("--weights", str(weights), "--pages", str(tmp_path / "file"))
    monkeypatch.setattr("sys.argv", ["models", "evaluate", str(photos), *arguments])
    assert main() == 1
    assert "file" in capsys.readouterr().err
