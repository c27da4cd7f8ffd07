"""Graphs that were made once, kept on this machine for the next start of whoever draws with the same weights.

Making them takes most of a model's loading, and a library of its own in memory. A kept file holds for one weights
file, this code, one ONNX Runtime and one processor. It is used only if its checksum is right and nobody but this
user could have written it; anything else is made anew, as it is where nothing can be kept.
"""

import hashlib
import json
import os
import platform
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import onnxruntime

from models.inference.on_processor import Graphs

KEPT: Final = 8
"""Files in the folder, each about 9 MB; the longest unused make room."""
MOST_BYTES: Final = 2**28
_SUFFIX: Final = ".graphs"
_UNFINISHED: Final = ".unfinished"
_LEFT_S: Final = 3600.0
"""After which nobody writes an unfinished file any more: its process was killed."""
_OPENED: Final = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"))
"""Not through a link, and without waiting for somebody to write into a pipe of that name."""
_CODE: Final = ("arrays", "inference", "nn", "rendering", "samples")
"""Packages of `models` on which it hangs what graphs are made, and of which pages."""


def graphs(sha256: str, make: Callable[[], Graphs]) -> Graphs:
    """The graphs of the weights with that hash: the kept ones, or made now and kept if that can be done."""
    folder = _folder()
    if folder is None:
        return make()
    key = _key(sha256)
    path = folder / f"{key[:32]}{_SUFFIX}"
    found = _read(path, key)
    if found is None:
        found = make()
        with suppress(OSError):  # no room, or no right to write there
            _write(path, key, found)
    return found


def _folder() -> Path | None:
    """systemd's CacheDirectory, or the user's own; None where there is no such place."""
    if given := os.environ.get("CACHE_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    try:
        place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        return None
    return place / "glyphcord" if place.is_absolute() else None


def _key(sha256: str) -> str:
    parts = (sha256, _code(), onnxruntime.__version__, _processor())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for name in _CODE:
        for path in sorted((Path(__file__).parents[1] / name).iterdir()):
            if path.suffix in (".py", ".jpg"):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _processor() -> str:
    """What tells this kind of processor from others: the first one's lines, where the kernel has them."""
    named = ("model name", "flags", "Features", "CPU part")
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:
        first = platform.processor()
    told = [line for line in first.splitlines() if line.startswith(named)] or [first]
    return "\n".join((platform.machine(), *told))


def _read(path: Path, key: str) -> Graphs | None:
    """What is kept there, if it is what was written; None for anything else."""
    try:
        head, _, rest = _own_bytes(path).partition(b"\n")
        told = json.loads(head)
        if (told["key"], told["sha256"]) != (key, hashlib.sha256(rest).hexdigest()):
            return None
        ends = told["page"]
        found = Graphs(rest[:ends], rest[ends:] or None, told["precision"], told["same"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    with suppress(OSError):
        os.utime(path)
    return found


def _own_bytes(path: Path) -> bytes:
    """A file's bytes. Raises OSError, also where another user wrote it or could have."""
    with os.fdopen(os.open(path, _OPENED), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise OSError("no file of ours")
        if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
            raise OSError("others could have written it")
        return file.read()


def _write(path: Path, key: str, made: Graphs) -> None:
    """Keep graphs, and drop those that were used longest ago. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in path.parent.glob(f"*{_UNFINISHED}"):
        if left.stat().st_mtime < time.time() - _LEFT_S:
            left.unlink(missing_ok=True)
    rest = made.page + (made.subject or b"")
    told = {
        "key": key,
        "sha256": hashlib.sha256(rest).hexdigest(),
        "page": len(made.page),
        "precision": made.precision,
        "same": made.same,
    }
    handle, unfinished = tempfile.mkstemp(suffix=_UNFINISHED, dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(told).encode() + b"\n" + rest)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    kept = sorted(path.parent.glob(f"*{_SUFFIX}"), key=lambda one: one.stat().st_mtime, reverse=True)
    for longest_unused in kept[KEPT:]:
        longest_unused.unlink(missing_ok=True)
