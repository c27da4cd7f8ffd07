"""A panel of readers as files: pages dealt, answers collected, rated and kept."""

import csv
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

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
