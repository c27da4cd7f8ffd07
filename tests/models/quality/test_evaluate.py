"""`python -m models evaluate`: the table's rows on pages whose answer is known, and the command as one types it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.__main__ import main
from models.atlas import default_atlas
from models.cli.evaluate import EPILOG
from models.nn.architecture import SIZES
from models.nn.generator import Generator
from models.page import Grid
from models.quality import evaluate, methods
from models.quality.evaluate import posted
from models.quality.methods import LINE_TO_BEAT, Method, Output, all_methods
from models.training.data import read_tones
from models.weights_file import save_weights
from tests.models.pictures import photo, scene

ATLAS = default_atlas()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pages, for speed."""
    monkeypatch.setattr(evaluate, "SIZES", ((24, 12), (32, 16)))
    monkeypatch.setattr(methods, "SWEEPS", 2)


def numbers(method: Method, tone: np.ndarray) -> evaluate.Numbers:
    return next(iter(evaluate.evaluate([tone], [method])))[0].numbers


@pytest.mark.usefixtures("small")
def test_sanity_rows() -> None:
    rows = {method.name: numbers(method, scene(256, 256)) for method in all_methods([])}
    white, blurred = rows["white page"], rows["blurred photo"]
    assert white["edge_similarity"] == pytest.approx(0.0, abs=1e-6)
    assert white["legibility"] is white["decode"] is white["effective_glyphs"] is None
    assert blurred["decode"] is None
    for name, row in rows.items():
        if name not in ("white page", "blurred photo"):
            assert row["legibility"] == pytest.approx(1.0, abs=1e-3), name
            assert row["decode"] == 1.0, name
            assert float(row["similarity_8"] or 0) > float(white["similarity_8"] or 0), name
        assert all(row[f"similarity_{sigma}"] is not None for sigma in evaluate.VIEWING_SIGMAS), name
    assert float(blurred["legibility"] or 1) < 0.6
    assert float(blurred["similarity_16"] or 0) > 0.98
    best_rule = max(float(rows[name]["similarity_4"] or 0) for name in (LINE_TO_BEAT, "shade"))
    assert float(rows["local search"]["similarity_4"] or 0) > best_rule


@pytest.mark.usefixtures("small")
def test_a_perfect_and_a_misread_page() -> None:
    def half_wrong(tone: np.ndarray) -> Output:
        glyphs = np.full((tone.shape[0] // 16, tone.shape[1] // 8), 1)
        intended = glyphs.copy()
        intended[::2] = 2
        return Output(Grid(glyphs, ATLAS), intended, 1.0)

    row = numbers(Method("half wrong", half_wrong), scene(128, 128))
    assert row["decode"] == pytest.approx(0.5)
    assert (row["effective_glyphs"], row["frame"]) == (1.0, 1.0)


@pytest.mark.usefixtures("small")
def test_black_is_the_densest_glyph_and_nothing_is_fitted() -> None:
    """Similarity sees that a page is too pale, and weaker ink as it is painted; fidelity sees neither."""
    black = int(ATLAS.ink.mean((1, 2)).argmax())

    def half(tone: np.ndarray, glyph: int, strength: float | None = None) -> Output:
        glyphs = np.zeros((tone.shape[0] // 16, tone.shape[1] // 8), np.int64)
        glyphs[:, : glyphs.shape[1] // 2] = glyph
        ink = None if strength is None else np.full(glyphs.shape, strength, np.float32)
        return Output(Grid(glyphs, ATLAS, strength=ink), glyphs, 1.0)

    tone = np.zeros((256, 256), np.float32)
    tone[:, :128] = 1.0
    full, faint, dots = (
        numbers(Method("", draw), tone)
        for draw in (
            lambda tone: half(tone, black),
            lambda tone: half(tone, black, 0.5),
            lambda tone: half(tone, ATLAS.charset.index(".")),
        )
    )
    seen = [float(row["similarity_16"] or 0) for row in (full, faint, dots)]
    assert seen[0] > 0.98 > seen[1] + 0.05 > seen[2] + 0.1
    assert float(faint["fidelity"] or 0) == pytest.approx(float(full["fidelity"] or 1), abs=0.01)
    assert faint["decode"] == full["decode"] == 1.0


def test_the_posted_png_is_what_is_measured() -> None:
    page = Grid(np.random.default_rng(0).integers(0, 95, (5, 9)), ATLAS)
    assert np.abs(posted(page) - page.coverage()).max() <= 1 / 255
    shaded = replace(page, strength=np.full((5, 9), 0.6, np.float32))
    assert np.abs(posted(shaded) - 0.6 * page.coverage()).max() <= 2 / 255


@pytest.mark.usefixtures("small")
def test_free_pixels_are_read_against_the_ramp(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Generator(replace(SIZES["tiny"], head="pixels"))
    save_weights(tmp_path / "free.safetensors", net, ATLAS, teacher="none", step=0, metrics={})
    row = numbers(all_methods([tmp_path / "free.safetensors"])[0], scene(128, 128))
    assert float(row["legibility"] or 1) < 0.6
    assert float(row["decode"] or 0) < 0.5


def test_tones_are_the_middle_squares_in_a_fixed_order(tmp_path: Path) -> None:
    for seed in range(5):
        photo(80 + seed, 60, seed).save(tmp_path / f"{seed}.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    tones = read_tones(tmp_path, 3, held_out=False)
    assert [tone.shape for tone in tones] == [(60, 60)] * 3
    for path in sorted(tmp_path.iterdir()):
        path.rename(tmp_path / f"z{9 - ord(path.name[0]) % 10}{path.name}")
    again = read_tones(tmp_path, 5, held_out=False)
    assert len(again) == 5
    assert all(np.array_equal(a, b) for a, b in zip(tones, again, strict=False))


@pytest.mark.usefixtures("small")
def test_a_refined_page_stands_beside_what_one_pass_says(tmp_path: Path) -> None:
    torch.manual_seed(0)
    path, tone = tmp_path / "own.safetensors", scene(256, 256)
    save_weights(path, Generator(SIZES["tiny"]), ATLAS, teacher="", step=0, metrics={}, proof_sweeps=8)
    refined, plain = (row for row in all_methods([path]) if row.name.startswith("model "))
    assert (refined.name, plain.name) == ("model own", "model own, one pass")
    better, worse = numbers(refined, tone)["similarity_8"], numbers(plain, tone)["similarity_8"]
    assert better is not None and worse is not None and better > worse + 0.05


@pytest.mark.usefixtures("small")
def test_the_command(
    photos: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--json", str(tmp_path / "table.json"), "--sheet", str(tmp_path / "sheet.png"))
    monkeypatch.setattr(
        "sys.argv", ["models", "evaluate", str(photos), "--count", "2", "--weights", str(weights), *files]
    )
    assert main() == 0
    printed = capsys.readouterr().out
    assert "24×12 cells, mean of 2 pictures" in printed
    assert "model untrained" in printed
    report = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert report["pages"] == 2
    assert {(row["columns"], row["rows"]) for row in report["rows"]} == {(24, 12), (32, 16)}
    untrained = next(row for row in report["rows"] if row["method"] == "model untrained")
    assert untrained["megabytes"] == pytest.approx(weights.stat().st_size / 2**20)
    assert untrained["ms"] > 0
    assert untrained["frame"] >= 1
    with Image.open(tmp_path / "sheet.png") as sheet:
        shown = {row["method"] for row in report["rows"]}
        assert sheet.size == (2 * 256, (len(shown) + 1) * (256 + 18))


def test_the_help_names_the_programs_that_are_measured() -> None:
    *_, named = EPILOG.partition("installed,")
    assert set(re.findall(r"[\w-]+", named)) - {"and"} == set(methods.PROGRAMS)


@pytest.mark.parametrize("photos", ["nowhere", "empty", "some --held-out", "some --weights no.safetensors"])
@pytest.mark.parametrize("pages", ["", " --pages pages"], ids=["the table", "pages"])
def test_the_command_explains_what_is_missing(
    photos: str, pages: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("empty", "some"):
        (tmp_path / folder).mkdir()
    photo(64, 64).save(tmp_path / "some" / "one.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["models", "evaluate", *(photos + pages).split()])
    assert main() == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] and "Traceback" not in said.err and not said.out
    assert not (tmp_path / "pages").exists()
