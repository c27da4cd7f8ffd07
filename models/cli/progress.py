"""What the commands have in common: progress through many files."""

from collections.abc import Iterator
from pathlib import Path

from glyphcord.escaping import printable


def failures(files: Iterator[tuple[Path, str | None]], doing: str, total: int) -> int:
    """Work through files behind a progress bar, with a line for each that had a problem; how many these were."""
    from rich.console import Console
    from rich.progress import track

    console, failed = Console(stderr=True), 0
    for path, problem in track(files, doing, total=total, console=console):
        if problem:
            failed += 1
            console.print(printable(f"{path.name}: {problem}"), markup=False)
    return failed
