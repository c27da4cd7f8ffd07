"""`glyphcord render`: pictures in, the same pictures made of characters out."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from glyphcord.escaping import json_line, say, say_error
from models import limits
from models.cli.files import Input, UsageError, code_of, find_inputs, plan_outputs, write
from models.cli.render_arguments import COLOURS, HEADS, add_arguments
from models.cli.terminal import play, terminal_colours
from models.file_sentences import in_words, reason
from models.formats import ANIMATION, DEFAULT_FORMAT, FILES, Format
from models.inference.runtime import OutOfMemory
from models.options import RenderOptions
from models.problems import PictureProblem
from models.rendering.library_messages import as_one_record

if TYPE_CHECKING:
    from models.encoders.ansi import Colours
    from models.rendering.pipeline import Drawing, Hook, OnFrames
    from models.rendering.renderer import Renderer

BINARY: Final = frozenset({"png", "docx", "gif"})

FIRST_FRAME: Final = "This is its first frame; as .gif it keeps moving."
TALLER: Final = "I drew {rows} rows instead of {asked}: {least} columns are the fewest."
SHRUNK: Final = "I drew {columns} columns, as many as the graphics card has room for now."
NO_ROOM: Final = "The graphics card has no room for that now. Please wait a little, or take --device cpu."


@dataclass(frozen=True)
class _Work:
    """What is done with every picture."""

    renderer: "Renderer"
    options: RenderOptions
    format: Format
    rows: int | None
    colours: "Colours"
    still: bool
    in_terminal: bool
    alone: bool


def add_render(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_arguments(parser)
    parser.set_defaults(run=render)


def render(arguments: argparse.Namespace) -> int:
    """Carry the command out; its exit status."""
    try:
        with as_one_record():
            return _render(arguments)
    except UsageError as error:
        say_error(error)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; without this Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _render(arguments: argparse.Namespace) -> int:
    options = _options(arguments)
    inputs, failed = find_inputs(arguments.pictures, arguments.out)
    if not inputs:
        return 1
    in_terminal = arguments.out in (None, "-") and sys.stdout.isatty()
    plan, suffix = plan_outputs(inputs, arguments.out, arguments.format or _terminal_format(in_terminal))
    if in_terminal and suffix in BINARY:
        raise UsageError(f"a terminal cannot show {suffix}; name a file with -o")
    format = FILES[suffix]
    if arguments.still and format is ANIMATION:
        raise UsageError("--still is for formats that do not move; leave it out, or choose another than gif")
    # Imported here, so that `--help` and mistakes need not wait for torch.
    from models.inference.choice import pick_device
    from models.rendering.renderer import Renderer
    from models.weights_file import WeightsError, chosen_weights

    try:
        weights = chosen_weights(arguments.weights or HEADS[arguments.head or "glyphs"])
        renderer = Renderer(weights, pick_device(arguments.device))
    except WeightsError as error:
        say_error(error)
        return 1
    except OutOfMemory:
        say_error(NO_ROOM)
        return 1
    if arguments.head and renderer.metadata["head"] != arguments.head:
        head = renderer.metadata["head"]
        raise UsageError(f"{renderer.name} draws {head}, not {arguments.head}; leave out --weights or --head")
    rows, colours = arguments.rows, arguments.colours
    if in_terminal:
        colours = colours or terminal_colours(os.environ)
        if options.columns is None:
            screen = shutil.get_terminal_size()
            columns = max(limits.MIN_COLUMNS, min(screen.columns, limits.MAX_COLUMNS))
            options = replace(options, columns=columns)
            rows = rows or screen.lines - 1
    work = _Work(
        renderer,
        options,
        format,
        rows,
        COLOURS[colours or "full"],
        still=arguments.still,
        in_terminal=in_terminal,
        alone=len(plan) == 1,
    )
    with _progress(len(plan), frames=format is ANIMATION, shown=plan[0][1] is not None) as (advance, on_frames):
        for one, target in plan:
            if in_terminal and not work.alone:
                say_error(one.label)
            facts = _one(work, one, target, on_frames)
            failed += "error" in facts
            _report(arguments, target, facts)
            advance()
    return 1 if failed else 0


def _one(work: _Work, one: Input, target: Path | None, on_frames: "OnFrames") -> dict[str, Any]:
    """Draw a picture; what is to be reported of it."""
    from models.rendering.frames import moves

    try:
        data = one.read()
        moving = not work.still and moves(data)
        played = moving and work.in_terminal and work.format.suffix == "ans"
        if played:
            drawing, hook = _play(work, data)
        else:
            drawing, hook = _draw(work, data, on_frames)
        write(drawing.data, target)
    except BrokenPipeError:
        raise
    except (PictureProblem, OSError) as problem:
        return {"in": one.label, "error": reason(problem), "code": code_of(problem)}
    except OutOfMemory:
        return {"in": one.label, "error": NO_ROOM, "code": "gpu_full"}
    notes = [str(note) for note in drawing.notes]
    if drawing.shrunk:
        notes.append(SHRUNK.format(columns=drawing.columns))
    if work.rows is not None and drawing.rows > work.rows:
        notes.append(TALLER.format(rows=drawing.rows, asked=work.rows, least=limits.MIN_COLUMNS))
    if moving and not played and work.format is not ANIMATION:
        notes.append(FIRST_FRAME)
    return {
        "in": one.label,
        "out": str(target or "-"),
        "format": work.format.suffix,
        "bytes": len(drawing.data),
        "columns": drawing.columns,
        "rows": drawing.rows,
        "frames": len(drawing.pages),
        "background": drawing.background,
        "notes": notes,
        "model": work.renderer.name,
        "model_version": work.renderer.version,
        "milliseconds": hook.milliseconds,
    }


def _draw(work: _Work, data: bytes, on_frames: "OnFrames") -> tuple["Drawing", "Hook"]:
    """A picture as a file."""
    from models.rendering import pipeline

    drawing, hook = _drawn(work, data, on_frames, animate=work.format is ANIMATION)
    return pipeline.as_file(drawing, work.format, hook=hook, colours=work.colours), hook


def _play(work: _Work, data: bytes) -> tuple["Drawing", "Hook"]:
    """Draw all frames, then show them, as often as the file says, or once if others follow, until Ctrl-C."""
    from models.encoders import ansi

    with _progress(1, frames=True, shown=True) as (_advance, on_frames):
        drawing, hook = _drawn(work, data, on_frames, animate=True)
        shown = hook.stage("encode", lambda: [ansi(page, work.colours) for page in drawing.pages])
    play(shown, drawing.durations_ms, drawing.plays if work.alone else 1, _show)
    return drawing, hook


def _drawn(work: _Work, data: bytes, on_frames: "OnFrames", *, animate: bool) -> tuple["Drawing", "Hook"]:
    from models.rendering.pipeline import Hook, draw

    hook = Hook(on_frames)
    # Whatever file it becomes, it is drawn as a picture; how text is read in a message is none of ours.
    options = replace(work.options, format=DEFAULT_FORMAT, animate=animate)
    drawing = draw(work.renderer, data, options, hook=hook, most_rows=work.rows)
    return drawing, hook


def _options(arguments: argparse.Namespace) -> RenderOptions:
    """What the arguments say of the drawing. Raises UsageError."""
    try:
        options = RenderOptions(arguments.palette, arguments.columns, arguments.background, arguments.focus)
    except PictureProblem as problem:
        swallowed = "" if arguments.palette else " (Without quotes, # begins a comment and the shell drops it.)"
        raise UsageError(in_words(problem) + swallowed) from None
    if arguments.rows is not None and arguments.rows < 1:
        raise UsageError("--rows must be at least 1")
    if arguments.pictures.count("-") > 1:
        raise UsageError("- can be given once: standard input holds one picture")
    return options


def _terminal_format(in_terminal: bool) -> str | None:
    if not in_terminal:
        return None
    return "ans" if terminal_colours(os.environ) else "txt"


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _report(arguments: argparse.Namespace, target: Path | None, facts: dict[str, Any]) -> None:
    """One picture's end, as JSON or in words; standard output is left alone where the picture itself goes there."""
    if arguments.json:
        print(json_line(facts), file=sys.stdout if target else sys.stderr, flush=True)
        return
    if "error" in facts:
        say_error(f"{facts['in']}: {facts['error']}")
        return
    if target:
        say(f"{target}: {facts['columns']}×{facts['rows']} characters")
    for note in facts["notes"]:
        say_error(f"{facts['in']}: {note}")


@contextmanager
def _progress(
    pictures: int, *, frames: bool, shown: bool
) -> Iterator[tuple[Callable[[], None], Callable[[int, int], None]]]:
    """Two functions to be told of each picture and of each frame; a bar where somebody watches something long."""
    if not (shown and sys.stderr.isatty() and (pictures > 1 or frames)):
        yield lambda: None, lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # Lines for a terminal go above the bar; those for a file or a program go there.
    bar = Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty())
    with bar:
        task = bar.add_task("pictures", total=pictures, visible=pictures > 1)
        frame = bar.add_task("frames", visible=frames, total=None)
        yield (lambda: bar.advance(task), lambda done, total: bar.update(frame, completed=done, total=total))
