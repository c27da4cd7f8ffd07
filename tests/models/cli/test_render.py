"""`python -m models render`, as one types it."""

import contextlib
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.encoders import ansi, encode
from models.formats import FILES
from models.inference.runtime import OutOfMemory
from models.page import Grid, Page, page_of
from models.palettes import BACKGROUNDS, PALETTES, Background
from models.rendering.renderer import Renderer
from models.rendering.still import decode
from models.rendering.tone import tone_of
from tests.fork_server import Forked
from tests.models.cli.conftest import Command
from tests.models.pictures import damaged_fax, encoded, photo

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """A JPEG under a lying name."""
    path = tmp_path / "cat.png"
    path.write_bytes(encoded(photo(320, 240), "JPEG"))
    return path


def test_a_files_name_writes_nothing_but_its_characters(
    tmp_path: Path, weights: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "x\x1b[2J\nforged: \u202e"
    folder.mkdir()
    (folder / "a\x1b]0;t\x07\nb.png").write_bytes(b"no picture")
    (folder / "fine\udcff\x1b[1m.png").write_bytes(encoded(photo(64, 48), "PNG"))
    for options in ([], ["--json"]):
        out = tmp_path / "out"
        assert models("render", folder, "-o", out, "--columns", 20, "--weights", weights, *options) == 1
        said = capsys.readouterr()
        assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)
        assert len((said.out + said.err).splitlines()) == 2
    assert models("weights", "verify", folder / "a\x1b]0;t\x07\nb.png") == 1
    assert "\x1b" not in capsys.readouterr().err


def drawn(picture: Path, weights: Path, columns: int, focus: float | None = None) -> Page:
    """What the library makes of a picture in its own colours, on the paper that suits it."""
    renderer, rgb = Renderer(weights), decode(picture.read_bytes(), background="auto")
    tone = tone_of(rgb)
    paper = renderer.background_for(tone)
    return page_of(renderer.grid(1 - tone if paper == "dark" else tone, columns, focus=focus), "photo", paper, rgb)


def test_png_and_text_agree(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--columns", 40, "--weights", weights, "--device", "cpu", "--background", "light")
    assert models("render", cat, "-o", tmp_path / "out.png", "--palette", "mono", *options) == 0
    assert models("render", cat, "-o", tmp_path / "deep" / "out.txt", *options) == 0
    assert "40×15 characters" in capsys.readouterr().out

    grid = Renderer(weights).grid(tone_of(decode(cat.read_bytes())), 40)
    assert (tmp_path / "deep" / "out.txt").read_text() == grid.text()
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (320, 240)
        ink = 1 - np.asarray(image.convert("L"), np.float32) / 255
    assert np.abs(ink - grid.coverage()).max() <= 1 / 255


def test_dark_paper_turns_the_tone_around(cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    out = tmp_path / "out.txt"
    models("render", cat, "-o", out, "--columns", 40, "--weights", weights, "--background", "dark")
    tone = tone_of(decode(cat.read_bytes(), background="dark"))
    assert out.read_text() == Renderer(weights).grid(1 - tone, 40).text()


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("seen_through", [True, False])
def test_auto_paper_is_what_suits_the_picture(
    paper: Background,
    seen_through: bool,
    weights: Path,
    tmp_path: Path,
    models: Command,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same as if that paper had been asked for. What is transparent settles it; else the model is asked."""
    logo = Image.new("RGBA" if seen_through else "RGB", (320, 240), (0, 0, 0, 0)[: 4 if seen_through else 3])
    logo.paste((40, 30, 60, 255) if paper == "light" else (240, 220, 250, 255), (8, 6, 312, 234))
    logo.save(tmp_path / "logo.png")
    seen: list[np.ndarray] = []
    other: Background = "dark" if paper == "light" else "light"

    def background_for(_renderer: Renderer, tone: np.ndarray) -> Background:
        seen.append(tone)
        return other if seen_through else paper

    monkeypatch.setattr(Renderer, "background_for", background_for)
    made: dict[str, bytes] = {}
    for asked in ([], ["-b", "auto"], ["-b", paper]):
        out = tmp_path / f"{len(made)}.png"
        assert models("render", tmp_path / "logo.png", "-o", out, "-w", weights, "-c", 40, "--json", *asked) == 0
        assert json.loads(capsys.readouterr().out)["background"] == paper
        made[out.name] = out.read_bytes()
    assert len(set(made.values())) == 1
    assert len(seen) == (0 if seen_through else 2)


@pytest.mark.parametrize(
    ("asked", "focus"), [([], None), (["auto"], None), (["0"], 0.0), (["1"], 1.0), (["0.25"], 0.25)]
)
def test_focus_goes_to_the_model(
    asked: list[str],
    focus: float | None,
    cat: Path,
    weights: Path,
    *,
    tmp_path: Path,
    models: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[float | None] = []
    grids = Renderer.grids

    def noted(self: Renderer, *given: object, focus: float | None = None, **more: object) -> list[Grid]:
        heard.append(focus)
        return grids(self, *given, focus=focus, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Renderer, "grids", noted)
    options = [part for value in asked for part in ("--focus", value)]
    frames = [photo(96, 64, seed) for seed in range(2)]
    (tmp_path / "dance.gif").write_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    for picture, out in ((cat, "out.txt"), (tmp_path / "dance.gif", "out.gif")):
        assert models("render", picture, "-o", tmp_path / out, "-w", weights, "-c", 20, *options) == 0
    assert heard == [focus, focus]


@pytest.mark.parametrize("given", ["2", "-0.1", "nan", "much", "", "0,5"])
def test_a_focus_that_is_none(given: str, cat: Path, models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        models("render", cat, "-o", "out.png", f"--focus={given}")
    assert end.value.code == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-2].endswith(f"--focus: {given!r} is neither auto nor a number from 0 to 1")
    assert said[-1] == "See: python -m models render --help"


@pytest.mark.parametrize(
    ("size", "cells"),
    [((80, 60), ("100×38", "64×24")), ((60, 60), ("96×48", "64×32")), ((90, 160), ("54×48", "45×40"))],
)
def test_columns_follow_the_picture(
    size: tuple[int, int],
    cells: tuple[str, str],
    weights: Path,
    tmp_path: Path,
    models: Command,
    *,
    capsys: pytest.CaptureFixture[str],
) -> None:
    frames = [photo(*size, seed) for seed in range(2)]
    (tmp_path / "dance.gif").write_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert models("render", tmp_path / "dance.gif", "-o", tmp_path / "out.png", "-w", weights) == 0
    assert f"{cells[0]} characters" in capsys.readouterr().out
    assert models("render", tmp_path / "dance.gif", "-o", tmp_path / "out.gif", "-w", weights) == 0
    assert f"{cells[1]} characters" in capsys.readouterr().out


def test_nobody_is_told_of_columns_that_nobody_asked_for(
    weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [photo(32, 500, seed) for seed in range(2)]
    (tmp_path / "tower.gif").write_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    for out in ("out.gif", "out.txt"):
        options = ["--json", "--still"] if out == "out.txt" else ["--json"]
        assert models("render", tmp_path / "tower.gif", "-o", tmp_path / out, "-w", weights, *options) == 0
        assert json.loads(capsys.readouterr().out)["notes"] == []


def test_several_pictures_go_to_a_folder_and_one_bad_one_stops_nothing(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.gif").write_bytes(b"GIF89a")
    dog = tmp_path / "dog.bmp"
    dog.write_bytes(encoded(photo(64, 64, 1), "BMP"))
    out = tmp_path / "pages"
    code = models("render", cat, tmp_path / "bad.gif", dog, "-o", out, "--weights", weights)
    assert code == 1
    assert sorted(path.name for path in out.iterdir()) == ["cat.png", "dog.png"]
    assert "bad.gif: That picture is damaged" in capsys.readouterr().err


def test_a_card_without_room_for_one_picture_may_have_it_for_the_next(
    cat: Path,
    weights: Path,
    tmp_path: Path,
    models: Command,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tower := tmp_path / "tower.png").write_bytes(encoded(photo(64, 640), "PNG"))
    grids = Renderer.grids

    def narrow(self: Renderer, tones: np.ndarray, *given: object, **more: object) -> list[Grid]:
        if tones.shape[1] > 600:
            raise OutOfMemory("CUDA out of memory")
        return grids(self, tones, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Renderer, "grids", narrow)
    assert models("render", tower, cat, "-o", tmp_path / "out", "-w", weights, "-c", 20, "--json") == 1
    full, fine = map(json.loads, capsys.readouterr().out.splitlines())
    assert full["code"] == "gpu_full" and "--device cpu" in full["error"]
    assert Path(fine["out"]).is_file()


def test_a_card_without_room_for_the_network(
    cat: Path, models: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OutOfMemory("CUDA out of memory")

    monkeypatch.setattr("models.rendering.renderer.load_runtime", full)
    assert models("render", cat, "-o", cat.with_name("out.png")) == 1
    assert capsys.readouterr().err.startswith("The graphics card has no room for that now.")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("--weights=nobody", "no file nobody.safetensors"),
        ("--weights=nobody", "`glyphcord weights list` shows"),
        ("--weights=../../etc/passwd", "is not a weights name"),
        ("--weights=missing.safetensors", "cannot be read"),
    ],
)
def test_wrong_options_are_explained(
    given: str, says: str, cat: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = cat.with_name("out.png")
    assert models("render", cat, "-o", out, given) == 1
    assert says in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["-o", "out.png", "--columns=5"], "20 to 200 columns"),
        (["-o", "out.png", "--palette=nonsense"], "do not know that palette"),
        (["-o", "out.png", "--palette=#ff69b"], 'one colour like "#ff69b4"'),
        (["-o", "out.png", "--palette"], "the shell drops it"),
        (["-o", "out.png", "--rows=0"], "at least 1"),
        (["-o", "out.jpeg"], ".png, .txt, .ans, .html, .svg, .docx, .gif"),
        (["-o", "out"], "--format must be given"),
        (["cat.png", "-o", "out.png"], "name a folder"),
        (["-o", "."], "would be drawn over"),
        (["-o", "./cat.png"], "would be drawn over"),
        (["cat.png", "-o", "-", "-f", "png"], "cannot share standard output"),
        (["-", "-"], "can be given once"),
        (["-o", "out.gif", "--still"], "do not move"),
        (["-o", "out.png", "--weights=classic", "--head=pixels"], "draws glyphs, not pixels"),
    ],
)
def test_wrong_usage_is_refused_before_any_work(
    given: list[str], says: str, cat: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    before = cat.read_bytes()
    with contextlib.chdir(cat.parent):
        assert models("render", cat, *given) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert not said.out
    assert [path.name for path in cat.parent.iterdir()] == ["cat.png"]
    assert cat.read_bytes() == before


@pytest.mark.parametrize("ending", ["txt", "ans", "html", "svg", "docx", "png"])
def test_every_ending_is_its_format(ending: str, cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    out = tmp_path / f"out.{ending}"
    assert models("render", cat, "-o", out, "-w", weights, "-c", 30, "-p", "photo", "-b", "dark") == 0
    rgb = decode(cat.read_bytes(), background="dark")
    page = page_of(Renderer(weights).grid(1 - tone_of(rgb), 30), "photo", "dark", rgb)
    expected, got = encode(page, FILES[ending].name), out.read_bytes()
    if ending == "docx":  # a zip file has the time in it
        expected, got = (zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml") for data in (expected, got))
    assert got == expected


def test_an_animation_stays_one(weights: Path, tmp_path: Path, models: Command) -> None:
    frames = [photo(96, 64, seed) for seed in range(3)]
    (tmp_path / "dance.gif").write_bytes(
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    )
    out = tmp_path / "out.gif"
    assert models("render", tmp_path / "dance.gif", "-o", out, "-w", weights, "-c", 40, "-r", 10) == 0
    with Image.open(out) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
        assert image.size == (31 * 8, 10 * 16)


def test_an_animated_avif_stays_one_and_in_other_formats_its_first_frame_is_said_to_be_one(
    weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [photo(96, 64, seed) for seed in range(3)]
    dance = tmp_path / "dance.avif"
    dance.write_bytes(encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=200))
    assert models("render", dance, "-o", tmp_path / "out.gif", "-w", weights, "-c", 30, "--json") == 0
    moving = json.loads(capsys.readouterr().out)
    assert (moving["frames"], moving["notes"]) == (3, [])
    with Image.open(tmp_path / "out.gif") as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
    for more, notes in ([], ["This is its first frame; as .gif it keeps moving."]), (["--still"], []):
        assert models("render", dance, "-o", tmp_path / "out.txt", "-w", weights, "-c", 30, "--json", *more) == 0
        still = json.loads(capsys.readouterr().out)
        assert (still["frames"], still["notes"]) == (1, notes)


def test_what_comes_otherwise_than_asked_for_is_said(
    weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    photo(40, 400).save(tmp_path / "tower.png")
    out = tmp_path / "out.txt"
    assert models("render", tmp_path / "tower.png", "-o", out, "-w", weights, "-c", 80) == 0
    assert "tower.png: I drew 63 columns instead of 80, because a picture of this shape" in capsys.readouterr().err
    assert models("render", tmp_path / "tower.png", "-o", out, "-w", weights, "-c", 60, "-r", 50) == 0
    assert "tower.png: I drew 100 rows instead of 50: 20 columns are the fewest." in capsys.readouterr().err


def test_the_head_names_a_style(cat: Path, tmp_path: Path, models: Command) -> None:
    for options in (["--head", "pixels"], ["--weights", "pixels"]):
        assert models("render", cat, "-o", tmp_path / f"{options[0]}.png", "-c", 30, *options) == 0
    assert (tmp_path / "--head.png").read_bytes() == (tmp_path / "--weights.png").read_bytes()


def test_no_more_of_a_file_is_read_than_what_is_too_much(
    weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "film.mkv").open("wb") as film:
        film.truncate(2**40)
    assert models("render", tmp_path / "film.mkv", "-o", tmp_path / "out.png", "-w", weights) == 1
    assert "film.mkv: That file is larger than 20 MB" in capsys.readouterr().err


def test_rows_bound_the_columns(cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    out = tmp_path / "out.txt"
    models("render", cat, "-o", out, "-w", weights, "-c", 100, "-r", 20)
    assert len(out.read_text().splitlines()) == 20
    models("render", cat, "-o", out, "-w", weights, "-c", 40, "-r", 20)
    assert len(out.read_text().splitlines()) == 15


def test_folders_are_searched_and_their_tree_is_kept(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "album"
    (folder / "deep" / "er").mkdir(parents=True)
    for name in ("a.JPG", "a.png", "deep/a.jpg", "deep/er/b.webp", "deep/notes.md"):
        (folder / name).write_bytes(cat.read_bytes())
    (tmp_path / "none").mkdir()
    out = tmp_path / "out"
    assert models("render", folder, tmp_path / "none", cat, "-o", out, "-w", weights, "-f", "txt") == 1
    made = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert made == ["a.JPG.txt", "a.png.txt", "cat.txt", "deep/a.txt", "deep/er/b.txt"]
    assert "there is no picture in this folder" in capsys.readouterr().err


def test_the_same_command_can_be_given_again(cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    """What it made inside the folder is no picture of the folder's; neither are hidden files."""
    (tmp_path / "._cat.png").write_bytes(b"what macOS keeps beside a file")
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "cat.png").write_bytes(cat.read_bytes())
    out = tmp_path / "ascii"
    for _ in range(2):
        assert models("render", tmp_path, "-o", out, "-w", weights, "-c", 20) == 0
        assert [path.name for path in out.rglob("*")] == ["cat.png"]


@pytest.mark.parametrize(("form", "again"), [("png", True), ("gif", True), ("txt", False), ("svg", False)])
def test_a_folder_does_not_fill_with_drawings_of_drawings(
    form: str, again: bool, cat: Path, weights: Path, *, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    cat.rename(cat.with_suffix(".jpg"))
    (link := cat.parent / "link").symlink_to(cat.parent)
    for _ in range(2):
        code = models("render", cat.parent, "-o", link, "-f", form, "-w", weights, "-c", 20)
        assert code == (2 if again else 0)
        assert ("the next time; choose another -o" in capsys.readouterr().err) == again
    made = sorted(path.name for path in cat.parent.iterdir() if path.name != "link")
    assert made == (["cat.jpg"] if again else ["cat.jpg", f"cat.{form}"])


def test_a_folder_without_a_picture_is_the_only_complaint(
    tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("render", tmp_path, "-o", tmp_path / "out") == 1
    assert capsys.readouterr().err == f"{tmp_path}: there is no picture in this folder\n"


def test_a_folder_of_one_picture_makes_a_folder(cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    (tmp_path / "album").mkdir()
    cat.rename(tmp_path / "album" / "cat.png")
    assert models("render", tmp_path / "album", "-o", tmp_path / "new", "-w", weights) == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["cat.png"]


def test_equal_names_are_told_apart(cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cat.png").write_bytes(cat.read_bytes())
    out = tmp_path / "out"
    assert models("render", tmp_path / "one", tmp_path / "two", "-o", out, "-w", weights) == 0
    assert sorted(path.name for path in out.iterdir()) == ["cat.png-2.png", "cat.png.png"]


def test_a_report_for_programs(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert models("render", cat, tmp_path / "gone.png", "-o", out, "-w", weights, "--json") == 1
    said = capsys.readouterr()
    done, gone = (json.loads(line) for line in said.out.splitlines())
    assert (done["in"], done["out"], done["columns"], done["rows"]) == (str(cat), str(out / "cat.png"), 100, 38)
    assert done["bytes"] == (out / "cat.png").stat().st_size
    assert done["model_version"] == Renderer(weights).version
    assert set(done["milliseconds"]) == {"decode", "tone", "generator", "paint", "encode"}
    assert (done["frames"], done["notes"]) == (1, [])
    assert gone == {"in": str(tmp_path / "gone.png"), "error": "No such file or directory", "code": "ENOENT"}
    assert not said.err


def test_a_report_of_a_picture_that_is_none(
    weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    (letter := tmp_path / "letter.png").write_text("Dear bot, I am no picture.")
    assert models("render", letter, "-o", tmp_path / "out.txt", "-w", weights, "--json") == 1
    assert json.loads(capsys.readouterr().out)["code"] == "not_a_picture"


def test_nothing_half_written_stays(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out" / "cat.png").mkdir(parents=True)  # a folder where the file should go
    assert models("render", cat, "-o", tmp_path / "out", "-w", weights) == 1
    assert f"{tmp_path / 'out' / 'cat.png'} cannot be written: Is a directory" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["cat.png"]


def test_standard_input_to_standard_output(cat: Path, weights: Path) -> None:
    command = [sys.executable, "-m", "models", "render", "-", "--json", "-w", str(weights), "-c", "40"]
    done = subprocess.run(command, input=cat.read_bytes(), capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode() == drawn(cat, weights, 40).grid.text()
    assert json.loads(done.stderr)["in"] == "standard input"


def test_a_reader_that_has_seen_enough(cat: Path, weights: Path) -> None:
    """As `| head` does: no traceback, and an exit status that is no success."""
    command = ("models", "render", *[str(cat)] * 8, "-c", "200", "-w", str(weights))
    process = Forked("worker", command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert not process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1


def in_a_terminal(
    cat: Path, weights: Path, columns: int, lines: int, *more: str, errors_too: bool = False, **environment: str
) -> str:
    """What `render` shows in a terminal of that size; with `errors_too` standard error goes there as well."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    settings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES", "COLORTERM")}
    process = Forked(
        "worker",  # it imports what drawing needs
        ("models", "render", str(cat), "-w", str(weights), *more),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs if errors_too else subprocess.PIPE,
        env=settings | environment,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says when the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    said = b""
    if process.stderr:
        said = process.stderr.read()
        process.stderr.close()
    assert (said, process.wait()) == (b"", 0)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_shows_the_picture_in_colour_and_as_large_as_fits(cat: Path, weights: Path) -> None:
    shown = in_a_terminal(cat, weights, 90, 21, TERM="xterm-256color")
    page = drawn(cat, weights, 54)
    assert page.rows == 20
    assert shown == ansi(page)


def test_a_terminal_without_colours_shows_text(cat: Path, weights: Path) -> None:
    shown = in_a_terminal(cat, weights, 30, 100, TERM="xterm", NO_COLOR="1")
    assert shown == drawn(cat, weights, 30).grid.text()


def test_a_terminal_plays_an_animation(weights: Path, tmp_path: Path) -> None:
    """Twice, as the file says, one frame over the other, with the cursor back at the end."""
    frames = [photo(96, 64, seed) for seed in range(3)]
    dance = tmp_path / "dance.gif"
    dance.write_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20, loop=1))
    shown = in_a_terminal(dance, weights, 80, 11, TERM="xterm")
    assert shown.startswith("\x1b[?25l") and shown.endswith("\x1b[?25h")
    pages = shown.removeprefix("\x1b[?25l").removesuffix("\x1b[?25h").split("\x1b[10A\r")
    assert len(pages) == 6
    assert pages[:3] == pages[3:] and len(set(pages)) == 3
    assert all(page.count("\n") == 10 for page in pages)
    still = in_a_terminal(dance, weights, 80, 11, "--still", TERM="xterm")
    assert still == in_a_terminal(dance, weights, 80, 11, "--still", "-f", "ans", TERM="xterm") != pages[1]


def test_a_terminal_shows_how_far_an_animation_is(weights: Path, tmp_path: Path) -> None:
    frames = [photo(96, 64, seed) for seed in range(3)]
    dance = tmp_path / "dance.gif"
    dance.write_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20))
    shown = in_a_terminal(dance, weights, 80, 11, errors_too=True, TERM="xterm")
    before, played = shown.split("\x1b[48;2", 1)
    assert "frames" in before and "100%" in before
    assert "100%" not in played


def test_help_names_every_palette_and_every_format(models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        models("render", "--help")
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in (*PALETTES, *FILES, *BACKGROUNDS, "exit status", "examples"))
    words = " ".join(said.split())
    assert "default: 100, fewer where there would be more than 48 rows; 64 and 40 for what moves" in words
    assert "auto takes the one on which the subject of the first frame stands out more" in words
    assert "--focus auto|0..1 how much of the background to leave out" in words


def test_a_bad_file_in_a_process_of_its_own(tmp_path: Path, weights: Path) -> None:
    """One readable line, exit status 1, no traceback."""
    (bad := tmp_path / "letter.png").write_text("Dear bot, I am no picture.")
    done = subprocess.run(
        [sys.executable, "-m", "models", "render", bad, "-o", tmp_path / "o.png", "--weights", weights],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "I cannot read that file as a picture" in done.stderr


@pytest.mark.parametrize("size", [(8, 8), (8, 128), (128, 8), (9, 13), (2000, 125)])
def test_sizes_at_the_limits_render(size: tuple[int, int], weights: Path, tmp_path: Path, models: Command) -> None:
    photo(*size).save(tmp_path / "in.png")
    assert models("render", tmp_path / "in.png", "-o", tmp_path / "out.txt", "--weights", weights) == 0
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert 1 <= len(lines) * max(len(line) for line in lines) <= 20_000


def text_of_flat(shade: str, tmp_path: Path, models: Command) -> str:
    Image.new("RGB", (256, 256), shade).save(tmp_path / "in.png")
    assert models("render", tmp_path / "in.png", "-o", tmp_path / "out.txt", "-b", "light") == 0
    return (tmp_path / "out.txt").read_text()


def test_a_white_picture_stays_blank(tmp_path: Path, models: Command) -> None:
    assert not text_of_flat("white", tmp_path, models).strip()


def test_a_black_picture_becomes_a_page_of_ink(tmp_path: Path, models: Command) -> None:
    text = text_of_flat("black", tmp_path, models)
    assert sum(not c.isspace() for c in text) > 0.9 * 96 * 48


def test_a_damaged_fax_does_not_fill_the_screen(
    weights: Path, tmp_path: Path, models: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    """libtiff has a line to say of each of its rows."""
    (tmp_path / "fax.tif").write_bytes(damaged_fax())
    options = ("--columns", 40, "--weights", weights, "--device", "cpu")
    assert models("render", tmp_path / "fax.tif", "-o", tmp_path / "out.txt", *options) == 0
    assert capfd.readouterr().err.count("Fax3Decode1D") < 10
