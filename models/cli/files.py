"""The pictures that a command is to read, the files that it is to write, and what to say of those that fail."""

import errno
import sys
from dataclasses import dataclass
from pathlib import Path

from glyphcord.escaping import say_error
from models import limits
from models.containers import VIDEO_SUFFIXES
from models.distinct_names import distinct_names
from models.formats import FILES
from models.problems import PictureProblem
from models.sniff import SUFFIXES


class UsageError(Exception):
    """The command cannot be carried out as it was typed; the message says what to type instead."""


@dataclass(frozen=True)
class Input:
    """A picture to read: its path (None: standard input), that below the folder in which it was found, by which
    its output is named, and the folder, if one was given."""

    path: Path | None
    name: Path
    folder: Path | None = None

    @property
    def label(self) -> str:
        return "standard input" if self.path is None else str(self.path)

    def read(self) -> bytes:
        """No more than what is too much. Raises OSError."""
        if self.path is None:
            return sys.stdin.buffer.read(limits.MAX_VIDEO_BYTES + 1)
        with self.path.open("rb") as file:
            return file.read(limits.MAX_VIDEO_BYTES + 1)


def find_inputs(given: list[str], out: str | None) -> tuple[list[Input], int]:
    """The pictures that the arguments name, and how many are folders without one (said on standard error).

    A file is taken whatever its name; in a folder the suffix decides, and neither hidden files nor what lies in a
    folder `out` inside it are taken, so that the same command can be given again. One that does not exist fails
    when read.
    """
    inputs: list[Input] = []
    empty = 0
    made = Path(out).resolve() if out not in (None, "-") else None
    for name in given:
        path = Path(name)
        if name == "-":
            inputs.append(Input(None, Path("stdin")))
        elif path.is_dir():
            skipped = made if made and path.resolve() in made.parents else None
            found = sorted(p for p in path.rglob("*") if _is_picture(p, path) and not _inside(p, skipped))
            inputs += [Input(p, p.relative_to(path), folder=path) for p in found]
            if not found:
                empty += 1
                say_error(f"{path}: there is no picture in this folder")
        else:
            inputs.append(Input(path, Path(path.name)))
    return inputs, empty


def _is_picture(path: Path, folder: Path) -> bool:
    """By its name; macOS keeps a hidden `._cat.jpg`, which is no picture, beside a `cat.jpg` on other disks."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in SUFFIXES | VIDEO_SUFFIXES and path.is_file()


def _inside(path: Path, folder: Path | None) -> bool:
    return folder is not None and folder in path.resolve().parents


def plan_outputs(
    inputs: list[Input], out: str | None, suffix: str | None
) -> tuple[list[tuple[Input, Path | None]], str]:
    """Where each picture goes (None: standard output), and the suffix that says the format. Raises UsageError."""
    plan: list[tuple[Input, Path | None]]
    several = len(inputs) > 1 or any(one.folder for one in inputs)
    if out is None or out == "-":
        suffix = suffix or "txt"
        if len(inputs) > 1 and suffix not in ("txt", "ans"):
            raise UsageError(f"several {suffix} files cannot share standard output; name a folder with -o")
        return [(one, None) for one in inputs], suffix
    target, ending = Path(out), Path(out).suffix.lower().lstrip(".")
    if target.is_dir() or out.endswith("/") or (several and ending not in FILES):
        suffix = suffix or "png"
        if f".{suffix}" in SUFFIXES and target.resolve() in {one.folder.resolve() for one in inputs if one.folder}:
            raise UsageError(f"what is drawn into {target} would be drawn itself the next time; choose another -o")
        names = zip(inputs, distinct_names([one.name for one in inputs]), strict=True)
        plan = [(one, target / f"{name}.{suffix}") for one, name in names]
    elif several:
        raise UsageError(f"{out} would be one file for several pictures; name a folder with -o")
    else:
        if suffix is None and ending not in FILES:
            endings = ", ".join(f".{known}" for known in FILES)
            raise UsageError(f"{out} must end in one of {endings}, or --format must be given")
        suffix = suffix or ending
        plan = [(one, target) for one in inputs]
    read = {one.path.resolve() for one in inputs if one.path}
    for one, path in plan:
        if path and path.resolve() in read:
            raise UsageError(f"{one.label} would be drawn over {path}, which is to be read; choose another -o")
    return plan, suffix


def write(data: bytes, target: Path | None) -> None:
    """A whole file (None: standard output), its folder made if need be. Raises OSError that names the target."""
    if target is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    # Whoever interrupts finds whole files only.
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, f"{target} cannot be written: {error.strerror or error}") from None


def code_of(problem: PictureProblem | OSError) -> str:
    """A word for programs: the problem's own, or the operating system's (`ENOENT`)."""
    return problem.code if isinstance(problem, PictureProblem) else errno.errorcode.get(problem.errno or 0, "EIO")
