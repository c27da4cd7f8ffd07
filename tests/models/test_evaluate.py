"""`python -m models evaluate`: the table's rows on pages whose answer is known, and the command as one types it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import evaluate
from models.__main__ import main
from models.atlas import default_atlas
from models.evaluate import PROGRAMS, Drawn, Method, comparisons, methods, parse, posted, read_tones
from models.generator import SIZES, Generator
from models.grid import Grid
from models.weights_file import save_weights
from tests.models.pictures import photo, scene

ATLAS = default_atlas()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pages, for speed."""
    monkeypatch.setattr(evaluate, "SIZES", ((24, 12), (32, 16)))
    monkeypatch.setattr(evaluate, "CLIMBER_SWEEPS", 2)


def numbers(method: Method, tone: np.ndarray) -> evaluate.Numbers:
    return next(iter(evaluate.evaluate([tone], [method])))[0].numbers


@pytest.mark.usefixtures("small")
def test_sanity_rows() -> None:
    rows = {method.name: numbers(method, scene(256, 256)) for method in methods([])}
    white, blurred = rows["white page"], rows["blurred photo"]
    assert white["edge_similarity"] == pytest.approx(0.0, abs=1e-6)
    assert white["legibility"] is white["decode"] is white["effective_glyphs"] is None
    assert blurred["decode"] is None
    for name, row in rows.items():
        if name not in ("white page", "blurred photo"):
            assert row["legibility"] == pytest.approx(1.0, abs=1e-3), name
            assert row["decode"] == 1.0, name
        for measure in ("fidelity_4", "fidelity_8", "fidelity_16"):
            assert row[measure] is not None
        assert float(row["tone_rmse"] or 0) <= float(white["tone_rmse"] or 0) + 1e-6, name
    assert float(blurred["legibility"] or 1) < 0.6
    assert float(blurred["fidelity_4"] or 0) > 0.9
    best_rule = max(float(rows[name]["fidelity_4"] or 0) for name in evaluate.BEST_RULES)
    assert float(rows["climber"]["fidelity_4"] or 0) > best_rule


@pytest.mark.usefixtures("small")
def test_a_perfect_and_a_misread_page() -> None:
    def half_wrong(tone: np.ndarray) -> Drawn:
        glyphs = np.full((tone.shape[0] // 16, tone.shape[1] // 8), 1)
        intended = glyphs.copy()
        intended[::2] = 2
        return Drawn(Grid(glyphs, ATLAS), intended, 1.0)

    row = numbers(Method("half wrong", half_wrong), scene(128, 128))
    assert row["decode"] == pytest.approx(0.5)
    assert (row["effective_glyphs"], row["largest_share"], row["blank_share"]) == (1.0, 1.0, 0.0)


def test_the_posted_png_is_what_is_measured() -> None:
    page = Grid(np.random.default_rng(0).integers(0, 95, (5, 9)), ATLAS)
    assert np.abs(posted(page) - page.coverage()).max() <= 1 / 255


@pytest.mark.usefixtures("small")
def test_free_pixels_are_read_against_the_ramp(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Generator(replace(SIZES["tiny"], head="pixels"))
    save_weights(tmp_path / "free.safetensors", net, ATLAS, teacher="none", step=0, metrics={})
    row = numbers(methods([tmp_path / "free.safetensors"])[0], scene(128, 128))
    assert float(row["legibility"] or 1) < 0.6
    assert float(row["decode"] or 0) < 0.5


@pytest.mark.parametrize("name", PROGRAMS)
def test_other_programs_put_ink_where_tone_is(name: str) -> None:
    """Dark ink on light paper: more tone, more ink. The wrong way round this correlation is negative."""
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    (method,) = (method for method in methods([]) if method.name == name)
    drawn = method.draw(np.tile(np.linspace(0, 1, 512, dtype=np.float32), (512, 1)))
    assert drawn.page.glyphs.shape == (32, 64)
    ink = drawn.page.coverage().reshape(32, 16, 64, 8).mean((0, 1, 3))
    assert np.corrcoef(ink, np.arange(64))[0, 1] > 0.7


def test_output_of_programs_is_parsed_whatever_they_add() -> None:
    text = "\x1b[0;34;40mab\x1b[0m c\r\n\x1b[?25l~é\nxyzxyz too long\n\nno such row"
    glyphs = parse(text, 4, 4, ATLAS.charset)
    assert Grid(glyphs, ATLAS).text() == "ab c\n~\nxyzx\n\n"


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


def test_comparisons_by_hand() -> None:
    values = {
        "search": 0.5, "unsharp + search": 0.6, "unsharp + search + variety": 0.4, "climber": 0.8,
        "chafa": 0.35, "model good": 0.7,
    }  # fmt: skip
    rows = [
        evaluate.Row(name, *size, {"fidelity_4": value + shift})
        for name, value in values.items()
        for size, shift in (((64, 32), -0.05), ((128, 64), 0.05))
    ]
    assert comparisons(rows) == pytest.approx(
        {
            "model good / best per-cell rule": 0.7 / 0.6,
            "model good / chafa": 2.0,
            "model good: share of the climber's gain": 0.5,
        }
    )


@pytest.mark.usefixtures("small")
def test_what_a_proof_mends_stands_beside_what_one_pass_says(tmp_path: Path) -> None:
    torch.manual_seed(0)
    path, tone = tmp_path / "own.safetensors", scene(256, 256)
    save_weights(path, Generator(SIZES["tiny"]), ATLAS, teacher="", step=0, metrics={}, proof_sweeps=8)
    mended, said = (row for row in methods([path]) if row.name.startswith("model "))
    assert (mended.name, said.name) == ("model own", "model own, one pass")
    better, worse = numbers(mended, tone)["fidelity_4"], numbers(said, tone)["fidelity_4"]
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
    with Image.open(tmp_path / "sheet.png") as sheet:
        shown = {row["method"] for row in report["rows"]}
        assert sheet.size == (2 * 256, (len(shown) + 1) * (256 + 18))


@pytest.mark.parametrize("arguments", [("nowhere",), (".", "--weights", "no.safetensors")])
def test_the_command_explains_what_is_missing(
    arguments: tuple[str, ...], photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(photos)
    monkeypatch.setattr("sys.argv", ["models", "evaluate", *arguments])
    assert main() == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
