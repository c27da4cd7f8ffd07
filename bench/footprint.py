"""What a worker takes on a small server, beside an earlier version: `python -m bench.footprint --before CHECKOUT`.

CHECKOUT is a folder with the other version, such as `git worktree add` makes. Each version's own code runs in a
process of its own, with a Valkey of its own, and they take turns on the same machine: seconds until a worker is
ready, the first time and then; the processor's time for a page of 100 columns, from tone to refined characters, and
for a whole picture through the queue, one thread each; the resident memory of worker and decoder after that; and
the files of what the locks install, as far as it is installed here. An image holds those and the code, on Python's.
Aims: half of the time a page, 180 MB, ready within 1.5 s, 450 MB of files.

On a busy machine only ratios mean something, and of those the processor's.
"""

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).parents[1]
STARTS: Final = 5
WARM: Final = 3
REST_S: Final = 10.0
"""After which a worker that nobody asks for pictures has given memory back."""
CODE: Final = ("worker", "glyphcord", "jobs", "models")
"""The folders of a worker's image."""


def serve(columns: int) -> None:
    """One version: answers each line on stdin, a question, by one of JSON. Its own bench is imported."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from bench.fleet import Fleet, cpu_s, photos  # noqa: PLC0415
    from bench.memory import children, resident_mb  # noqa: PLC0415
    from models.rendering.renderer import Renderer  # noqa: PLC0415
    from models.rendering.tone import tone_of  # noqa: PLC0415
    from models.weights_file import find_weights  # noqa: PLC0415

    renderer = Renderer(find_weights("classic", None))
    tones = [1 - tone_of(np.asarray(Image.open(io.BytesIO(data)))) for data in photos()]

    def page() -> float:
        begun = time.process_time()
        for tone in tones:
            renderer.grid(tone, columns)
        return (time.process_time() - begun) / len(tones)

    def start() -> float:
        with Fleet() as fleet:
            begun = time.monotonic()
            fleet.start_worker()
            return time.monotonic() - begun

    with Fleet(columns=columns) as fleet:
        worker = fleet.start_worker()
        fleet.results(fleet.enqueue(WARM))

        def draw() -> float:
            before, jobs = cpu_s(worker.pid), len(tones)
            fleet.results(fleet.enqueue(jobs))
            return (cpu_s(worker.pid) - before) / jobs

        def memory() -> tuple[float, float, float]:
            busy = resident_mb(worker.pid, "Rss")
            time.sleep(REST_S)
            decoder = sum(resident_mb(pid, "Pss") for pid in children(worker.pid))
            return busy, resident_mb(worker.pid, "Rss"), decoder

        answers: dict[str, Callable[[], object]] = {"page": page, "start": start, "draw": draw, "memory": memory}
        page()
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            print(json.dumps(answers[line.strip()]()), flush=True)


class Version:
    """A version's process, which is asked one question at a time."""

    def __init__(self, folder: Path, columns: int, cache: str) -> None:
        paths = {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": cache}
        self._process = subprocess.Popen(
            # -P: this file's folder is no place to import from.
            [sys.executable, "-P", __file__, "--serve", "--columns", str(columns)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | paths | {"OMP_NUM_THREADS": "1"},
        )
        self.ready()

    def ready(self) -> Any:
        """The next answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended with {self._process.wait()}")
        return json.loads(line)

    def ask(self, question: str) -> Any:
        """What it answers."""
        assert self._process.stdin is not None
        print(question, file=self._process.stdin, flush=True)
        return self.ready()

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def environment_mb(folder: Path) -> tuple[float, int]:
    """MB of files that a worker's locks install for the processor, and how many of the packages are not here."""
    stage = (folder / "Dockerfile").read_text(encoding="utf-8").partition(" AS worker-packages")[2]
    locks = ["worker.txt", *(["torch-cuda.txt"] if "torch" in stage.partition("FROM ")[0] else [])]
    size, lacking = 0, 0
    for lock in locks:
        text = (folder / "deploy" / "locks" / lock).read_text(encoding="utf-8")
        for name in set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE)):  # some stand there for each Python
            try:
                files = distribution(name).files or []
            except PackageNotFoundError:
                lacking += 1
                continue
            size += sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())
    return size / 2**20, lacking


def code_mb(folder: Path) -> float:
    """MB of a worker's code and weights."""
    files = [
        path for name in CODE for path in (folder / name).rglob("*") if path.suffix != ".pyc" and path.is_file()
    ]
    return sum(path.stat().st_size for path in files) / 2**20


def told(label: str, before: list[float], now: list[float], digits: int) -> str:
    """A line of the table; the ratio is the median of the rounds', with its range."""
    ratios = sorted(new / old for old, new in zip(before, now, strict=True))
    spread = f" ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
    return (
        f"| {label} | {median(before):.{digits}f} | {median(now):.{digits}f} | **{median(ratios):.2f}**{spread} "
        f"| {min(now):.{digits}f} |"
    )


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, metavar="CHECKOUT")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.columns)
        return
    if arguments.before is None:
        parser.error("--before CHECKOUT is needed")
    from bench.summary import machine  # noqa: PLC0415 in the versions' processes it would be another's

    folders = (arguments.before.resolve(), HERE)
    figures: dict[str, tuple[list[float], list[float]]] = {}
    with ExitStack() as stack:
        versions = []
        for folder in folders:
            cache = stack.enter_context(tempfile.TemporaryDirectory())
            versions.append(Version(folder, arguments.columns, cache))
            stack.callback(versions[-1].close)
        for question, times in (("page", arguments.rounds), ("draw", arguments.rounds), ("start", STARTS)):
            figures[question] = [], []
            for _ in range(times):
                for values, version in zip(figures[question], versions, strict=True):
                    values.append(version.ask(question))
            if question == "draw":
                busy, idle, decoder = zip(*(version.ask("memory") for version in versions), strict=True)
    sizes = [environment_mb(folder) for folder in folders]
    print(f"{machine()}; {arguments.rounds} rounds of three photos, {arguments.columns} columns\n")
    print("| what | before | now | now / before | the least now |\n| --- | --- | --- | --- | --- |")
    for name, label in (
        ("page", "a page, tone to refined characters, ms of processor"),
        ("draw", "a picture through the queue, ms of processor"),
    ):
        old, new = ([value * 1000 for value in values] for values in figures[name])
        print(told(label, old, new, 0))
    print(told("process ready, s", *figures["start"], 1))
    print(told("worker after the last picture, resident MB", [busy[0]], [busy[1]], 0))
    print(told(f"… {REST_S:g} s later", [idle[0]], [idle[1]], 0))
    print(told("its decoder, MB with its part of what it shares", [decoder[0]], [decoder[1]], 0))
    print(told("what its locks install, MB of files", [sizes[0][0]], [sizes[1][0]], 0))
    layers = [size + code_mb(folder) for (size, _), folder in zip(sizes, folders, strict=True)]
    print(told("an image's layers on Python's, MB", [layers[0]], [layers[1]], 0))
    print(f"\nNot installed here, and so not counted: {sizes[0][1]} packages before, {sizes[1][1]} now.")


if __name__ == "__main__":
    main()
