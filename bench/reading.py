"""Reading panels: can someone who sees only the page say what the photo shows? `python -m bench.reading COMMAND`.

`deal` makes a folder for each reader, `rate` collects what they wrote for a rater, `score` prints the table of that
panel or of those that are kept, and `keep` keeps one as data. docs/evaluation.md says how a panel is run.
"""

import argparse
import csv
import json
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

READER: Final = """Each picture q01.png, q02.png, … in this folder was drawn with characters from a photo. Look at
them one after the other, each once and as it is: enlarge, shrink, blur or compute nothing, and open no other file.
Write down in a few words what the photo shows, as exactly as you can ("a dog's face", "sailing boats", "no idea"),
and how sure you are, from 0 to 100. Names, sizes and dates of files tell nothing. Write answers.json in this
folder, with an entry for every picture:

{"q01": {"guess": "…", "confidence": 40}, …}
"""
RATER: Final = """rate.json holds answers to the question what a photo shows: `truth` is its caption, `guess` the
answer. Rate each:

2  it names the main subject
1  it names a right part of it, or the right scene
0  it is wrong, or no idea

Write rated.json beside it: {"ID": 2, …}, with an entry for every answer. Open no other file.
"""
SEED: Final = 1


@dataclass(frozen=True)
class Answer:
    """What a reader took a page for, how sure they were (0 to 100), and how a rater found it (0, 1 or 2)."""

    reader: int
    photo: str
    method: str
    guess: str
    confidence: int
    rating: int


@dataclass(frozen=True)
class Picture:
    """Where a photo comes from, as far as that is known; `sha256` is of the file."""

    photo: str
    source: str = ""
    original: str = ""
    licence: str = ""
    sha256: str = ""


def deal(pages: Path, readers: int, captions: Mapping[str, str], out: Path) -> list[str]:
    """A folder for each reader in `out`, with a page of every photo; the methods there are.

    `pages` holds PHOTO--METHOD.png. A Latin square: whoever sees a photo in one method sees the next photo in the
    next one, and the next reader this photo in the next one. Names and order tell nothing. Raises ValueError when
    there is nothing to deal, or a page is missing.
    """
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(pages.glob("*--*.png")):
        photo, _, method = path.stem.rpartition("--")
        if photo in captions:
            found[photo][method] = path
    if not found:
        raise ValueError(f"{pages} holds no PHOTO--METHOD.png of a photo that has a caption")
    methods = sorted({method for there in found.values() for method in there})
    for photo, there in found.items():
        if missing := set(methods) - set(there):
            raise ValueError(
                f"{pages} holds no {photo}--{min(missing)}.png, so not every photo is there in every way"
            )
    pick, photos, key = random.Random(SEED), sorted(found), {}
    pick.shuffle(photos)
    for reader in range(readers):
        folder = out / f"reader-{reader + 1}"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(READER, encoding="utf-8")
        order = list(enumerate(photos))
        pick.shuffle(order)
        for number, (place, photo) in enumerate(order, 1):
            method = methods[(place + reader) % len(methods)]
            shutil.copyfile(found[photo][method], folder / f"q{number:02}.png")
            key[f"{reader + 1}/q{number:02}"] = (photo, method)
    _write_json(out / "key.json", key)
    write_rows(out / "captions.csv", ("photo", "caption"), [(photo, captions[photo]) for photo in sorted(photos)])
    return methods


def rate(out: Path) -> int:
    """Write `rate.json` for the rater, the answers of all readers shuffled and without methods; how many.

    Raises ValueError when an answer is missing.
    """
    captions, key, answers = read_captions(out / "captions.csv"), _read_json(out / "key.json"), _answers(out)
    names = list(key)
    random.Random(SEED).shuffle(names)
    _write_json(out / "alias.json", dict(enumerate(names)))
    rows = [
        {"id": number, "truth": captions[key[name][0]], "guess": answers[name]["guess"]}
        for number, name in enumerate(names)
    ]
    _write_json(out / "rate.json", rows)
    (out / "RATING.md").write_text(RATER, encoding="utf-8")
    return len(rows)


def finished(out: Path) -> list[Answer]:
    """The rated answers of a panel's folder. Raises ValueError when one is missing or no rating."""
    key, alias, rated = (_read_json(out / f"{name}.json") for name in ("key", "alias", "rated"))
    answers, found = _answers(out), []
    for number, name in alias.items():
        rating = rated.get(number)
        if rating not in (0, 1, 2):
            raise ValueError(f"{out / 'rated.json'}: answer {number} is rated {rating!r}, not 0, 1 or 2")
        photo, method = key[name]
        said = answers[name]
        found.append(
            Answer(int(name.split("/")[0]), photo, method, said["guess"], int(said["confidence"]), int(rating))
        )
    return sorted(found, key=lambda answer: (answer.photo, answer.method, answer.reader))


def keep(out: Path, folder: Path, manifest: Path | None) -> None:
    """Write a finished panel's folder as data: `captions.csv`, `pictures.csv` and `answers.csv` in `folder`.

    `manifest` is a table with `file` (PHOTO.suffix), and any of `source`, `original`, `licence` and `sha256`.
    Raises ValueError as `finished`, OSError.
    """
    answers = finished(out)
    key, alias = _read_json(out / "key.json"), _read_json(out / "alias.json")
    captions = {key[alias[str(row["id"])]][0]: row["truth"] for row in _read_json(out / "rate.json")}
    known = {Path(row["file"]).stem: row for row in _rows(manifest)} if manifest else {}
    names = [field.name for field in fields(Picture) if field.name != "photo"]
    pictures = [
        Picture(photo, **{name: known.get(photo, {}).get(name, "") for name in names}) for photo in sorted(captions)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "captions.csv", ("photo", "caption"), sorted(captions.items()))
    for name, rows in (("pictures", pictures), ("answers", answers)):
        write_rows(folder / f"{name}.csv", tuple(asdict(rows[0])), [tuple(asdict(row).values()) for row in rows])


def kept(folder: Path) -> list[Answer]:
    """The answers that `keep` wrote."""
    return [
        Answer(
            int(row["reader"]),
            row["photo"],
            row["method"],
            row["guess"],
            int(row["confidence"]),
            int(row["rating"]),
        )
        for row in _rows(folder / "answers.csv")
    ]


def panels(folder: Path) -> dict[str, list[Answer]]:
    """The answers by panel: of a panel's folder, finished or kept, or of all kept ones in a folder.

    Raises ValueError where there is none.
    """
    if (folder / "key.json").is_file():
        return {folder.name: finished(folder)}
    files = sorted(folder.glob("answers.csv")) or sorted(folder.glob("*/answers.csv"))
    if not files:
        raise ValueError(f"{folder} holds no panel: neither key.json nor answers.csv is there")
    return {file.parent.name: kept(file.parent) for file in files}


@dataclass(frozen=True)
class Score:
    """A method's mean score (rating / 2) with its standard error, the shares named (2) and partly named (1 or 2),
    and how many readings that is."""

    mean: float
    error: float
    named: float
    partly: float
    readings: int


def scores(answers: Iterable[Answer]) -> dict[str, Score]:
    """Each method's score, the best first. The error is over photos, as some are easier than others."""
    found = {}
    for method, photos in _by_photo(answers).items():
        ratings = [rating for of_one in photos.values() for rating in of_one]
        mean, error = _mean([float(np.mean(of_one)) / 2 for of_one in photos.values()])
        named, partly = (sum(rating >= least for rating in ratings) / len(ratings) for least in (2, 1))
        found[method] = Score(mean, error, named, partly, len(ratings))
    return dict(sorted(found.items(), key=lambda item: -item[1].mean))


def differences(answers: Iterable[Answer], method: str) -> dict[str, tuple[float, float, int]]:
    """How much more `method` scores than each other one on the photos that both have: mean, its error, photos."""
    by_photo, found = _by_photo(answers), {}
    ours = by_photo.pop(method)
    for other, theirs in by_photo.items():
        both = sorted(ours.keys() & theirs.keys())
        apart = [float(np.mean(ours[photo]) - np.mean(theirs[photo])) / 2 for photo in both]
        if apart:
            found[other] = (*_mean(apart), len(apart))
    return found


def tables(name: str, answers: list[Answer], method: str | None = None) -> str:
    """A panel's tables as Markdown; differences are those of `method`, or of the best."""
    found = scores(answers)
    chosen = method if method in found else next(iter(found))
    photos, readers = {answer.photo for answer in answers}, {answer.reader for answer in answers}
    lines = [
        f"## {name}: {len(photos)} photos, {len(readers)} readers",
        "",
        "| method | score | named | partly | n |",
        "| --- | --- | --- | --- | --- |",
    ]
    for way, score in found.items():
        numbers = (
            f"{score.mean:.2f} ± {score.error:.2f} | {score.named:.2f} | {score.partly:.2f} | {score.readings}"
        )
        lines.append(f"| {way} | {numbers} |")
    lines += ["", f"| {chosen} less … | difference | photos |", "| --- | --- | --- |"]
    apart = differences(answers, chosen)
    for way in found:
        if way in apart:
            mean, error, both = apart[way]
            lines.append(f"| {way} | {mean:+.2f} ± {error:.2f} | {both} |")
    return "\n".join(lines) + "\n"


def read_captions(path: Path) -> dict[str, str]:
    """Captions by photo. Raises OSError, ValueError when the columns are others."""
    rows = _rows(path)
    if rows and not {"photo", "caption"} <= rows[0].keys():
        raise ValueError(f"{path} has no columns `photo` and `caption`")
    return {row["photo"]: row["caption"] for row in rows}


def write_rows(path: Path, names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """A table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def _by_photo(answers: Iterable[Answer]) -> dict[str, dict[str, list[int]]]:
    """Ratings by method and photo."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        found[answer.method][answer.photo].append(answer.rating)
    return found


def _mean(values: list[float]) -> tuple[float, float]:
    """Mean and standard error; an error of 0 where there is only one."""
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return float(np.mean(values)), float(error)


def _answers(out: Path) -> dict[str, dict[str, Any]]:
    """What readers wrote, by READER/QUESTION. Raises ValueError when one that was dealt has no answer."""
    found = {}
    for name in _read_json(out / "key.json"):
        reader, question = name.split("/")
        path = out / f"reader-{reader}" / "answers.json"
        said = _read_json(path).get(question)
        if not isinstance(said, dict) or not {"guess", "confidence"} <= said.keys():
            raise ValueError(f"{path} has no guess and confidence for {question}")
        found[name] = said
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    """Run one command; 0 on success, 1 when something could not be done."""
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    dealing = commands.add_parser("deal", help="make a folder of pages for each reader")
    dealing.add_argument("pages", type=Path, help="PHOTO--METHOD.png, as `models evaluate --pages` writes them")
    dealing.add_argument("out", type=Path, help="a new folder for the panel")
    dealing.add_argument("--captions", type=Path, required=True, help="what the photos show: photo,caption")
    dealing.add_argument("--readers", type=int, required=True, help="best as many as methods, or a multiple")
    rating = commands.add_parser("rate", help="collect the readers' answers for the rater")
    rating.add_argument("out", type=Path)
    scoring = commands.add_parser("score", help="print a panel's tables, or those of all that are kept")
    scoring.add_argument("folder", type=Path)
    scoring.add_argument("--method", help="the one that others are compared with (default: the best)")
    keeping = commands.add_parser("keep", help="keep a finished panel as data")
    keeping.add_argument("out", type=Path)
    keeping.add_argument("folder", type=Path, help="for its tables, as docs/reading/NAME")
    keeping.add_argument(
        "--manifest", type=Path, help="where photos come from: file,source,original,licence,sha256"
    )
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "deal":
                captions = read_captions(arguments.captions)
                methods = deal(arguments.pages, arguments.readers, captions, arguments.out)
                print(f"{arguments.readers} readers, {len(methods)} ways: {', '.join(methods)}")
                if arguments.readers % len(methods):
                    print(f"With {len(methods)} readers, or a multiple, every photo would be read in every way.")
            case "rate":
                print(f"{rate(arguments.out)} answers to rate; {arguments.out / 'RATING.md'} says how")
            case "score":
                found = panels(arguments.folder)
                methods = sorted({answer.method for answers in found.values() for answer in answers})
                if arguments.method and arguments.method not in methods:
                    raise ValueError(f"nobody read {arguments.method}; there are {', '.join(methods)}")
                for name, answers in found.items():
                    print(tables(name, answers, arguments.method))
            case "keep":
                keep(arguments.out, arguments.folder, arguments.manifest)
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
