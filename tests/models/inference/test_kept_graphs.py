"""Graphs are made once for a weights file; a kept file that is damaged, forged or another's is made anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.inference import kept_graphs
from models.inference.kept_graphs import KEPT, graphs
from models.inference.on_processor import Graphs

MADE = Graphs(b"page\n" * 9, b"subject\n", "int8", 0.99)


class Maker:
    """Makes MADE, or others; `times` it was asked."""

    def __init__(self, made: Graphs = MADE) -> None:
        self.made, self.times = made, 0

    def __call__(self) -> Graphs:
        self.times += 1
        return self.made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "glyphcord"


def only(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


@pytest.mark.parametrize("made", [MADE, Graphs(b"page", None, "fp32", 0.0)], ids=["bytes", "no subject"])
def test_made_once_for_each_weights_file(folder: Path, made: Graphs) -> None:
    maker = Maker(made)
    assert [graphs(sha256, maker) for sha256 in ("a", "a", "b", "a")] == [made] * 4
    assert maker.times == 2
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())} == {0o700, 0o600}


@pytest.mark.parametrize("part", ["_code", "_processor"])
def test_made_anew_for_other_code_and_processors(folder: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    graphs("a", Maker())
    monkeypatch.setattr(kept_graphs, part, lambda: "another")
    maker = Maker()
    graphs("a", maker)
    assert maker.times == 1


def test_made_anew_for_another_onnx_runtime(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graphs("a", Maker())
    monkeypatch.setattr("onnxruntime.__version__", "0.1")
    maker = Maker()
    graphs("a", maker)
    assert maker.times == 1


def damage(path: Path, kind: str) -> None:
    data, others = path.read_bytes(), path.with_name("others")
    match kind:
        case "one bit":
            path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
        case "half a file":
            path.write_bytes(data[: len(data) // 2])
        case "empty":
            path.write_bytes(b"")
        case "no header":
            path.write_bytes(b"[]\n" + data)
        case "deep":
            path.write_bytes(b"[" * 100_000 + b"\n")
        case "writable by others":
            path.chmod(0o666)
        case "writable by the group":
            path.chmod(0o660)
        case "a link":
            path.rename(others)
            path.symlink_to(others)
        case "a folder":
            path.unlink()
            path.mkdir()
        case "a pipe":
            path.unlink()
            os.mkfifo(path)
        case "another's":
            os.chown(path, 12345, 12345)


@pytest.mark.parametrize(
    "kind",
    [
        "one bit",
        "half a file",
        "empty",
        "no header",
        "deep",
        "writable by others",
        "writable by the group",
        "a link",
        "a folder",
        "a pipe",
        pytest.param("another's", marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")),
    ],
)
def test_a_file_that_cannot_be_trusted_is_made_anew(folder: Path, kind: str) -> None:
    graphs("a", Maker())
    damage(only(folder), kind)
    maker = Maker()
    assert graphs("a", maker) == MADE
    assert maker.times == 1
    if kind != "a folder":  # which nobody of ours made, and nobody clears away
        assert graphs("a", maker) == MADE and maker.times == 1


def test_a_file_under_another_files_name_is_made_anew(folder: Path) -> None:
    graphs("a", Maker())
    first = only(folder)
    graphs("b", Maker(Graphs(b"other", None, "fp32", 0.0)))
    (second,) = set(folder.iterdir()) - {first}
    second.replace(first)
    maker = Maker()
    assert graphs("a", maker) == MADE and maker.times == 1


def test_the_longest_unused_make_room(folder: Path) -> None:
    for number in range(KEPT):
        graphs(str(number), Maker())
    for age, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (age, age))
    eldest = min(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    graphs("one more", Maker())
    assert len(list(folder.iterdir())) == KEPT and not eldest.exists()


def test_what_a_killed_process_left_unfinished_goes_once_nobody_can_be_writing_it(folder: Path) -> None:
    folder.mkdir()
    old, new = (folder / f"{name}.unfinished" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    graphs("a", Maker())
    assert new.exists() and not old.exists()


@pytest.mark.parametrize("where", ["", "/dev/null/nowhere"])
def test_where_nothing_can_be_kept_they_are_made(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", where)
    monkeypatch.setenv("HOME", "/dev/null")
    maker = Maker()
    assert graphs("a", maker) == graphs("a", maker) == MADE
    assert maker.times == 2


def test_a_service_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", f"{tmp_path}:/elsewhere")
    graphs("a", Maker())
    assert only(tmp_path).suffix == ".graphs"


def test_drawing_from_kept_graphs_needs_no_library_that_makes_them(folder: Path) -> None:
    code = """
import sys
import numpy as np
from models.rendering.renderer import Renderer
from models.weights_file import find_weights
tone = np.linspace(0, 1, 256 * 256, dtype=np.float32).reshape(256, 256)
grid = Renderer(find_weights("classic", None)).grid(tone, 20)
print("onnx" in sys.modules, grid.text())
"""
    told = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert told[0].startswith("True ") and told[1] == told[0].replace("True", "False", 1)
