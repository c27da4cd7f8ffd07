"""Reading panels: dealt so that nothing tells, rated without knowing, scored as by hand; and those kept as data."""

import csv
import json
from collections import Counter, defaultdict
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from PIL import Image

from bench.reading.__main__ import main
from bench.reading.panel import Answer, deal, finished, keep, kept, panels, rate, read_captions, write_rows
from bench.reading.scores import Score, differences, scores, tables

DATA = Path(__file__).parents[1] / "docs" / "reading"
PHOTOS = {f"photo_{number}": f"caption {number}" for number in range(6)}
METHODS = ("chafa", "classic", "classic-64")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A page of each photo in each way; how wide it is says which way, and how high which photo."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for high, photo in enumerate(PHOTOS, 1):
        for wide, method in enumerate(METHODS, 1):
            Image.new("L", (wide, high)).save(folder / f"{photo}--{method}.png")
    return folder


def answered(out: Path, ratings: dict[str, int]) -> None:
    """Readers say what they were shown, and the rater rates by method."""
    key = json.loads((out / "key.json").read_text())
    said: dict[str, dict[str, object]] = defaultdict(dict)
    for name, (photo, method) in key.items():
        reader, question = name.split("/")
        said[reader][question] = {"guess": f"{photo} in {method}", "confidence": 40}
    for reader, answers in said.items():
        (out / f"reader-{reader}" / "answers.json").write_text(json.dumps(answers))
    rate(out)
    rows = json.loads((out / "rate.json").read_text())
    rated = {row["id"]: ratings[row["guess"].split()[-1]] for row in rows}
    (out / "rated.json").write_text(json.dumps(rated))


def test_every_reader_sees_every_photo_once_and_all_readers_every_page(pages: Path, tmp_path: Path) -> None:
    assert deal(pages, 3, PHOTOS, tmp_path / "out") == list(METHODS)
    seen = Counter[tuple[str, str]]()
    orders = []
    for reader in (1, 2, 3):
        folder = tmp_path / "out" / f"reader-{reader}"
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["README.md", *(f"q{number:02}.png" for number in range(1, 7))]
        mine = []
        for name in names[1:]:
            with Image.open(folder / name) as page:
                mine.append((list(PHOTOS)[page.height - 1], METHODS[page.width - 1]))
        assert sorted(photo for photo, _ in mine) == list(PHOTOS)
        assert set(Counter(method for _, method in mine).values()) == {2}  # each way as often as the others
        orders.append([photo for photo, _ in mine])
        seen.update(mine)
    assert set(seen.values()) == {1} and len(seen) == 18
    assert len({tuple(order) for order in orders}) == 3


def test_a_photo_without_a_caption_is_not_dealt_and_a_missing_page_is_told(pages: Path, tmp_path: Path) -> None:
    few = dict(list(PHOTOS.items())[:2])
    deal(pages, 1, few, tmp_path / "few")
    assert len(list((tmp_path / "few" / "reader-1").glob("*.png"))) == 2
    (pages / "photo_1--chafa.png").unlink()
    with pytest.raises(ValueError, match="photo_1--chafa"):
        deal(pages, 1, few, tmp_path / "missing")
    with pytest.raises(ValueError, match="that has a caption"):
        deal(pages, 1, {"other": "a cat"}, tmp_path / "other")


def test_the_rater_learns_no_method_and_no_reader(pages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    deal(pages, 3, PHOTOS, out)
    answered(out, dict.fromkeys(METHODS, 0))
    rows = json.loads((out / "rate.json").read_text())
    assert len(rows) == 18
    assert all(set(row) == {"id", "truth", "guess"} for row in rows)
    assert all(row["guess"].startswith(row["truth"].replace("caption ", "photo_")) for row in rows)
    assert [row["truth"] for row in rows] != sorted(row["truth"] for row in rows)
    alias = json.loads((out / "alias.json").read_text())
    assert [alias[str(row["id"])].split("/")[0] for row in rows] != sorted(name[0] for name in alias.values())


def test_a_panel_is_kept_as_it_was_read(pages: Path, tmp_path: Path) -> None:
    out, data, manifest = tmp_path / "out", tmp_path / "data" / "one", tmp_path / "manifest.csv"
    deal(pages, 3, PHOTOS, out)
    answered(out, {"chafa": 0, "classic": 2, "classic-64": 1})
    manifest.write_text("file,kind,source,licence,sha256\nphoto_3.jpg,photo,somewhere,CC0,abc\n")
    keep(out, data, manifest)
    assert kept(data) == finished(out)
    assert {answer.guess for answer in kept(data)} == {f"{p} in {m}" for p in PHOTOS for m in METHODS}
    assert read_captions(data / "captions.csv") == PHOTOS
    pictures = (data / "pictures.csv").read_text().splitlines()
    assert pictures[:2] == ["photo,source,original,licence,sha256", "photo_0,,,,"]
    assert "photo_3,somewhere,,CC0,abc" in pictures
    assert panels(out)["out"] == panels(data)["one"] == panels(data.parent)["one"]
    found = scores(kept(data))
    assert [(name, score.mean) for name, score in found.items()] == [
        ("classic", 1.0),
        ("classic-64", 0.5),
        ("chafa", 0.0),
    ]


def test_what_is_missing_is_told(pages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    deal(pages, 3, PHOTOS, out)
    answered(out, dict.fromkeys(METHODS, 2))
    rated = json.loads((out / "rated.json").read_text())
    for wrong in (
        {**rated, "5": 3},
        {**rated, "5": "2"},
        {name: rating for name, rating in rated.items() if name != "5"},
    ):
        (out / "rated.json").write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match="answer 5 is rated"):
            finished(out)
    said = out / "reader-2" / "answers.json"
    said.write_text(json.dumps({"q01": {"guess": "a cat", "confidence": 3}}))
    with pytest.raises(ValueError, match=r"reader-2.answers\.json has no guess and confidence for q02"):
        rate(out)
    said.write_text("{")
    with pytest.raises(ValueError, match="is no JSON"):
        rate(out)
    with pytest.raises(ValueError, match="holds no panel"):
        panels(tmp_path)


ONE = Answer(1, "a", "good", "a cat", 50, 2)
HAND = [
    ONE,
    replace(ONE, photo="b", rating=0),
    replace(ONE, photo="c", rating=1),
    replace(ONE, photo="c", rating=2),
    replace(ONE, method="bad", rating=0),
    replace(ONE, method="bad", photo="b", rating=0),
    replace(ONE, method="bad", photo="d", rating=1),
]


def test_scores_by_hand() -> None:
    """Two readings of one photo are one photo's: means of a, b and c are 1, 0 and 3/4."""
    found = scores(HAND)
    assert list(found) == ["good", "bad"]
    assert astuple(found["good"]) == pytest.approx((7 / 12, 0.3005, 0.5, 0.75, 4), abs=1e-4)
    assert astuple(found["bad"]) == pytest.approx((1 / 6, 1 / 6, 0, 1 / 3, 3))
    assert scores([ONE]) == {"good": Score(1.0, 0.0, 1.0, 1.0, 1)}


def test_differences_are_those_on_the_same_photos() -> None:
    assert differences(HAND, "good")["bad"] == pytest.approx((0.5, 0.5, 2))
    assert differences(HAND, "bad")["good"] == pytest.approx((-0.5, 0.5, 2))
    assert differences([*HAND, replace(ONE, method="elsewhere", photo="z")], "good").keys() == {"bad"}


def test_the_tables_in_markdown() -> None:
    assert tables("one", HAND).splitlines() == [
        "## one: 4 photos, 1 readers",
        "",
        "| method | score | named | partly | n |",
        "| --- | --- | --- | --- | --- |",
        "| good | 0.58 ± 0.30 | 0.50 | 0.75 | 4 |",
        "| bad | 0.17 ± 0.17 | 0.00 | 0.33 | 3 |",
        "",
        "| good less … | difference | photos |",
        "| --- | --- | --- |",
        "| bad | +0.50 ± 0.50 | 2 |",
    ]
    assert "| good | -0.50 ± 0.50 | 2 |" in tables("one", HAND, "bad")
    assert tables("one", HAND, "of another panel") == tables("one", HAND)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["bench.reading", *map(str, arguments)])
    return main()


def test_the_commands(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, captions, data = tmp_path / "out", tmp_path / "captions.csv", tmp_path / "data" / "one"
    write_rows(captions, ("photo", "caption"), PHOTOS.items())
    assert run(monkeypatch, "deal", pages, out, "--captions", captions, "--readers", 2) == 0
    assert "With 3 readers, or a multiple" in capsys.readouterr().out
    answered(out, {"chafa": 0, "classic": 2, "classic-64": 1})
    assert run(monkeypatch, "rate", out) == 0
    assert "12 answers to rate" in capsys.readouterr().out
    assert "2  it names the main subject" in (out / "RATING.md").read_text()
    assert run(monkeypatch, "keep", out, data) == 0
    capsys.readouterr()
    assert run(monkeypatch, "score", data.parent, "--method", "chafa") == 0
    told = capsys.readouterr().out
    assert "## one: 6 photos, 2 readers" in told and "| classic | 1.00 ± 0.00 | 1.00 | 1.00 | 4 |" in told
    assert "| chafa less … |" in told
    for wrong in (
        ("score", data, "--method", "classik"),
        ("score", tmp_path),
        ("rate", tmp_path),
        ("deal", pages, tmp_path / "new", "--captions", data / "answers.csv", "--readers", 2),
        ("deal", pages, out, "--captions", captions, "--readers", 2),
    ):
        assert run(monkeypatch, *wrong) == 1, wrong
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("folder", sorted(DATA.iterdir()), ids=lambda folder: folder.name)
def test_a_kept_panel_is_whole(folder: Path) -> None:
    """Each photo is read as often in every way, never twice by one reader; its caption and source are known."""
    answers = kept(folder)
    captions = read_captions(folder / "captions.csv")
    assert {answer.photo for answer in answers} == set(captions)
    assert all(captions.values())
    with (folder / "pictures.csv").open(encoding="utf-8", newline="") as file:
        pictures = {row["photo"]: row for row in csv.DictReader(file)}
    assert set(pictures) == set(captions)
    assert all(row["source"] and row["licence"] for row in pictures.values())
    seen = Counter((answer.reader, answer.photo) for answer in answers)
    assert set(seen.values()) == {1}
    read = Counter((answer.photo, answer.method) for answer in answers)
    assert len(set(read.values())) == 1
    assert len(read) == len(captions) * len({answer.method for answer in answers})
    assert all(answer.rating in (0, 1, 2) and 0 <= answer.confidence <= 100 for answer in answers)


def test_the_page_shows_the_tables_of_the_panels_that_are_kept() -> None:
    page = (DATA.parent / "evaluation.md").read_text(encoding="utf-8")
    rows = [" ".join(line.replace("*", "").split()) for line in page.splitlines()]
    for name, answers in panels(DATA).items():
        for method, score in scores(answers).items():
            start, numbers = f"| `{method}`", f"| {score.mean:.2f} ± {score.error:.2f} | {score.named:.2f} |"
            assert any(row.startswith(start) and numbers in row for row in rows), f"{name}: {method} {numbers}"
