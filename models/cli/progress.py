"""What the commands have in common: a reason on standard error, and progress through many files."""

from collections.abc import Iterator
from pathlib import Path

from glyphcord import escaping


def complain(reason: object) -> int:
    """Print the reason on standard error; the exit status of a command that failed."""
    escaping.say_error(reason)
    return 1


def failures(files: Iterator[tuple[Path, str | None]], doing: str, total: int) -> int:
    """Work through files behind a progress bar, with a line for each that had a problem; how many these were."""
    from rich.console import Console
    from rich.progress import track

    console, failed = Console(stderr=True), 0
    for path, problem in track(files, doing, total=total, console=console):
        if problem:
            failed += 1
            console.print(escaping.printable(f"{path.name}: {problem}"), markup=False)
    return failed
