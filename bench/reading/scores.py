"""How well the pages of each method were read, with standard errors."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bench.reading.panel import Answer


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
