"""The walk of one `/ascii`: through which functions of ours, in which modules, it goes: `python -m bench.walk`.

A real bot and worker with the playground, and one picture. Counted is every function of bot, jobs, worker and
models that is entered from the command to the PATCH of the message, once each, in the bot, the worker and its
decoder; docs/architecture.md says what happens on the way. `--list` prints them in their order.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
OURS: Final = ("bot", "jobs", "worker", "models")
BEGINS: Final = {"bot": "bot/commands/ascii.py Ascii.ascii", "worker": "worker/render/tasks.py render"}
ENDS: Final = "worker/delivery/rest_client.py Discord._ask"
PIPE_BYTES: Final = 2**16
PROGRAMS: Final = {"bot": "bot", "worker": "worker", "worker.render.decoder_process": "decoder"}

_on: ContextVar[bool] = ContextVar("on", default=False)


def record(program: str, out: Path) -> None:
    """Write down what this process enters, from BEGINS on; in its main thread from SIGUSR1 on, to spare the start.

    The decoder's from its start, since it hears no signal later; its one picture is the walk's. `out` has a pipe
    for each program: the decoder may write no files.
    """
    names: dict[CodeType, str | None] = {}
    seen: set[str] = set()
    lines = (out / program).open("w", buffering=1)

    def note(frame: FrameType, event: str, _arg: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        if code not in names:
            names[code] = _name(code)
        name = names[code]
        if name is None or name in seen:
            return
        if name == BEGINS.get(program):
            _on.set(True)
        if program == "decoder" or _on.get():
            seen.add(name)
            lines.write(f"{name}\n")

    threading.setprofile(note)
    if program == "decoder":
        sys.setprofile(note)
    else:
        signal.signal(signal.SIGUSR1, lambda *_: sys.setprofile(note))


def _name(code: CodeType) -> str | None:
    """What a function of ours is called; None for others', for comprehensions and for the bodies of modules."""
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in OURS:
        return None
    inner = code.co_name in ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<module>")
    is_function = bool(code.co_flags & 1)  # CO_OPTIMIZED: no body of a class
    return None if inner or not is_function else f"{path.relative_to(ROOT)} {code.co_qualname}"


def walked(pipes: dict[str, int]) -> dict[str, list[str]]:
    """The functions of each program in their order, the worker's up to its request to Discord."""
    found = {program: os.read(pipe, PIPE_BYTES).decode().splitlines() for program, pipe in pipes.items()}
    worker = found["worker"]
    found["worker"] = worker[: worker.index(ENDS) + 1]
    return found


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="the functions, too")
    listed = parser.parse_args().list
    from bench.summary import machine  # noqa: PLC0415  # those that are watched import this module, and nothing else
    from devstack import SAMPLE  # noqa: PLC0415
    from devstack.stack import Stack  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="glyphcord-walk-") as name:
        folder = Path(name)
        for sub in ("hook", "out", "logs"):
            (folder / sub).mkdir()
        hook = f"import sys; sys.path.insert(1, {str(ROOT)!r}); from bench.walk import begin; begin()\n"
        for program in PROGRAMS.values():
            os.mkfifo(folder / "out" / program)
        # Open at both ends, so that nobody waits for the other; a pipe holds more than a walk has.
        pipes = {program: os.open(folder / "out" / program, os.O_RDWR) for program in PROGRAMS.values()}
        (folder / "hook" / "sitecustomize.py").write_text(hook, encoding="utf-8")
        # All in PYTHONPATH, which the decoder alone inherits.
        os.environ["PYTHONPATH"] = os.pathsep.join((str(folder / "hook"), str(ROOT)))
        with Stack(folder / "logs") as stack:
            for process in (*stack.bots, *stack.workers):
                os.kill(process.pid, signal.SIGUSR1)
            time.sleep(1)  # a signal is handled between two steps of Python's
            used = stack.controls.slash("ascii", files={"image": SAMPLE})
            stack.controls.wait_for(lambda: _picture(stack.controls.answer_to(used)), 120)
        found = walked(pipes)
    print(f"{machine()}\n\n| program | functions | modules |\n| --- | --- | --- |")
    everything = [line for lines in found.values() for line in lines]
    for program, lines in {**found, "together": everything}.items():
        modules = {line.partition(" ")[0] for line in lines}
        print(f"| {program} | {len(set(lines))} | {len(modules)} |")
    if listed:
        print(json.dumps(found, indent=1))


def _picture(answer: dict[str, Any] | None) -> bool:
    return bool(answer and answer["attachments"])


def begin() -> None:
    """Record if this process is one of ours; its sitecustomize calls this."""
    module = sys.orig_argv[sys.orig_argv.index("-m") + 1] if "-m" in sys.orig_argv[:-1] else ""
    if module in PROGRAMS:
        hook = next(path for path in os.environ["PYTHONPATH"].split(os.pathsep) if path.endswith("hook"))
        record(PROGRAMS[module], Path(hook).with_name("out"))


if __name__ == "__main__":
    main()
