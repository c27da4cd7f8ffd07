"""Models exchanged under load: does anybody wait longer, lose a picture, or get one of a half-loaded model?

    python -m bench.reload

A steady stream of commands against a bot and three workers as processes; then the same stream while an admin
changes the model twenty times between two versions, and uploads a damaged file in between. Both versions draw
every photo differently, and each alone drew it once before; so the bytes of every answer tell which version made
them, and that must be the one that the job's record names. Exit code 0 only if nothing failed, was lost or was
mixed up, and the 95th percentile of the waiting time stayed within 1.5 times of what it was.
"""

import argparse
import hashlib
import os
import platform
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from bench.chaos.load import a_photo
from bench.chaos.observer import Json, Watcher, is_settled
from bench.summary import quantile, say, spread
from devstack.stack import Stack, Start, start_python
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from models.weights_file import SHIPPED, load_weights, save_weights
from playground.testing import ADA_ID, MIA_ID, Controls

MODEL: Final = "bench"
SHAPES: Final = ((320, 240), (240, 320), (400, 200), (256, 256), (300, 260), (220, 300))
MOST_SLOWDOWN: Final = 1.5
PATIENCE_S: Final = 90.0
MOVED: Final = ("workers use it", "worker uses it")


@dataclass
class Asked:
    """One command: which photo, when, and in which phase."""

    photo: int
    at: float
    phase: str


class Load:
    """Asks for pictures at a steady rate from its own thread, whatever becomes of them."""

    def __init__(self, controls: Controls, watcher: Watcher, photos: list[bytes], rate: float) -> None:
        self._controls, self._photos, self._rate = controls, photos, rate
        self.phase = "before"
        self.asked: dict[str, Asked] = {}
        self.answered: dict[str, tuple[float, Json]] = {}
        self._over = threading.Event()
        self._chance = random.Random(1)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._watcher = watcher
        watcher.listeners.append(self._note)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def _run(self) -> None:
        following = time.monotonic()
        while not self._over.wait(max(0.0, following - time.monotonic())):
            following += 1 / self._rate
            photo = self._chance.randrange(len(self._photos))
            at = time.monotonic()
            used = ask(self._controls, self._photos[photo])
            self.asked[used["interaction_id"]] = Asked(photo, at, self.phase)

    def _note(self, message: Json) -> None:
        if is_settled(message):
            self.answered.setdefault(message["id"], (time.monotonic(), message))

    def answer(self, interaction_id: str) -> tuple[float, Json] | None:
        """When the answer came, and what it was."""
        message_id = self._watcher.interactions.get(interaction_id, {}).get("response_message_id")
        return self.answered.get(str(message_id))

    def settle(self) -> None:
        """Until everyone is answered, or PATIENCE_S have passed."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and not all(self.answer(key) for key in list(self.asked)):
            time.sleep(0.1)


def ask(controls: Controls, photo: bytes) -> Json:
    """Use /ascii."""
    return controls.slash("ascii", files={"image": ("photo.png", photo, "image/png")}, user=MIA_ID)


def two_versions(folder: Path) -> tuple[bytes, bytes]:
    """The shipped network, and the same one without refinement, or the other way round."""
    shipped, made = load_weights(SHIPPED / "classic.safetensors"), []
    for sweeps in (shipped.proof_sweeps, 0 if shipped.proof_sweeps else 1):
        path = folder / f"{MODEL}.safetensors"
        save_weights(
            path,
            shipped.generator,
            shipped.atlas,
            teacher="bench",
            step=0,
            metrics={},
            proof_sweeps=sweeps,
            least_strength=shipped.least_strength,
        )
        made.append(path.read_bytes())
    return made[0], made[1]


def damaged(data: bytes) -> bytes:
    """A whole file with numbers in it that are none."""
    nan = torch.full((64,), float("nan"), dtype=torch.float16).numpy().tobytes()
    middle = len(data) // 4 * 2
    return data[:middle] + nan + data[middle + len(nan) :]


def version_of(data: bytes) -> str:
    """As users see it."""
    return hashlib.sha256(data).hexdigest()[:12]


def told(controls: Controls, used: Json, *words: str) -> str:
    """An answer to the admin, once it has one of these words."""

    def there() -> str | None:
        answer = controls.answer_to(used)
        return str(answer["content"]) if answer and any(word in answer["content"] for word in words) else None

    return controls.wait_for(there, PATIENCE_S)


def change_to(controls: Controls, version: str) -> str:
    """Have all workers draw with a version; what the admin reads at the end."""
    used = controls.slash("model reload", {"name": MODEL, "version": version}, user=ADA_ID)
    return told(controls, used, *MOVED, "Nothing was changed")


def upload(controls: Controls, data: bytes) -> tuple[str, Json]:
    """Upload a file; what the admin reads at the end, and the message."""
    files: Any = {"file": (f"{MODEL}.safetensors", data, "application/octet-stream")}
    used = controls.slash("model upload", files=files, user=ADA_ID)
    text = told(controls, used, "press the button", "cannot be used")
    answer = controls.answer_to(used)
    return text, answer or {}


def picture_of(controls: Controls, message: Json) -> str:
    """The hash of a posted picture's bytes."""
    return hashlib.sha256(controls.fetch(message["attachments"][0]["url"])).hexdigest()


def references(controls: Controls, photos: list[bytes], versions: tuple[str, str]) -> dict[tuple[int, str], str]:
    """Each photo as each version draws it while nothing else happens."""
    found: dict[tuple[int, str], str] = {}
    for version in reversed(versions):
        change_to(controls, version)
        for number, photo in enumerate(photos):
            found[number, version] = picture_of(controls, drawn(controls, ask(controls, photo)))
    return found


def drawn(controls: Controls, used: Json) -> Json:
    """The answer once it has its picture."""
    return controls.wait_for(lambda: (a := controls.answer_to(used)) and a["attachments"] and a, PATIENCE_S)


@dataclass
class Found:
    """What a run has shown. Times are in seconds."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"before": [], "during": []})
    changes: list[float] = field(default_factory=list)
    drawn: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    failed: int = 0
    lost: int = 0
    mixed_up: int = 0
    refused: bool = False

    @property
    def slower(self) -> float:
        return quantile(self.waits["during"], 0.95) / quantile(self.waits["before"], 0.95)

    @property
    def is_well(self) -> bool:
        nobody = not (self.failed or self.lost or self.mixed_up)
        return nobody and self.refused and len(self.drawn) == 2 and self.slower <= MOST_SLOWDOWN


def run(
    folder: Path, *, workers: int, reloads: int, rate: float, calm_s: float, start: Start = start_python
) -> Found:
    """One run in an empty folder; `start` starts bots and workers, as for a Stack."""
    weights, found = folder / "weights", Found()
    weights.mkdir()
    first, second = two_versions(weights)
    (weights / f"{MODEL}.safetensors").write_bytes(first)
    versions = version_of(first), version_of(second)
    photos = [a_photo(shape, random.Random(number)) for number, shape in enumerate(SHAPES)]
    settings = {
        "WEIGHTS_DIR": str(weights),
        "MODEL_WEIGHTS": MODEL,
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "USER_IN_FLIGHT": "0",
        "USER_DAILY": "0",
    }
    with Stack(folder, workers=workers, settings=settings, start=start) as stack:
        controls, watcher = stack.controls, Watcher(stack.controls)
        _, message = upload(controls, second)
        button = message["components"][0]["components"][0]["custom_id"]
        told(controls, controls.click(message["id"], button, user=ADA_ID), *MOVED)
        wanted = references(controls, photos, versions)
        if any(wanted[number, versions[0]] == wanted[number, versions[1]] for number in range(len(photos))):
            raise RuntimeError("the versions draw some photo alike, so nothing can be told from it")
        say(f"{calm_s:.0f} s of calm load")
        with Load(controls, watcher, photos, rate) as load:
            time.sleep(calm_s)
            load.phase = "during"
            say(f"{reloads} changes under the same load")
            for number in range(reloads):
                began = time.monotonic()
                said = change_to(controls, versions[(number + 1) % 2])
                if "Nothing was changed" in said:
                    raise RuntimeError(f"a change failed: {said}")
                found.changes.append(time.monotonic() - began)
                if number == reloads // 2:
                    found.refused = "cannot be used" in upload(controls, damaged(first))[0]
                time.sleep(max(0.0, calm_s / reloads - (time.monotonic() - began)))
        load.settle()
        with connect(stack.redis_url, patient=True) as redis:
            judge(found, controls, load, wanted, Jobs(redis))
    return found


def judge(found: Found, controls: Controls, load: Load, wanted: dict[tuple[int, str], str], jobs: Jobs) -> None:
    """Hold every answer to what was asked for."""
    found.commands = len(load.asked)
    for interaction_id, asked in load.asked.items():
        answer = load.answer(interaction_id)
        if answer is None:
            found.lost += 1
            continue
        at, message = answer
        if not message["attachments"]:
            found.failed += 1
            continue
        result = controls.wait_for(lambda: jobs.result_of(interaction_id))  # noqa: B023  # asked at once
        found.waits[asked.phase].append(at - asked.at)
        found.drawn[result.model_version] += 1
        found.mixed_up += picture_of(controls, message) != wanted[asked.photo, result.model_version]


def main() -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.reload", description="Change models under load.")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--rate", type=float, default=2.0, help="commands a second")
    parser.add_argument("--calm", type=float, default=100.0, help="seconds of each of the two phases, at least")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="glyphcord-reload-"))
    found = run(folder, workers=args.workers, reloads=args.reloads, rate=args.rate, calm_s=args.calm)
    made_by = ", ".join(f"{count} by {version}" for version, count in found.drawn.items())
    refused = "refused" if found.refused else "TAKEN"
    rows = [
        ("run", f"{args.workers} workers, {args.rate:g} commands a second, {args.calm:.0f} s calm, then changes"),
        ("machine", f"{os.cpu_count()} CPUs, Python {platform.python_version()}, torch {torch.__version__}"),
        ("pictures", f"{found.commands}: {made_by}"),
        ("changes", f"{len(found.changes)}, on all workers each time; one damaged upload between them, {refused}"),
        ("a change, from the command to the last worker's word, seconds", spread(found.changes)),
        ("waiting before, seconds", spread(found.waits["before"], 2)),
        ("waiting during, seconds", spread(found.waits["during"], 2)),
        ("p95 during / before", f"{found.slower:.2f}"),
        ("**failed**", str(found.failed)),
        ("**lost**", str(found.lost)),
        ("**version that does not match its pixels**", str(found.mixed_up)),
    ]
    print("| reload | |\n| --- | --- |")
    for name, value in rows:
        print(f"| {name} | {value} |")
    if not found.is_well:
        print(f"not as it should be; the logs are in {folder}", file=sys.stderr)
    return 0 if found.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
