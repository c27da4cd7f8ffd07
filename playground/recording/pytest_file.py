"""A recording as a pytest file, with the uploaded files beside it."""

import io
import zipfile

from playground.recording.source import docstring, identifier
from playground.recording.stable import name_among
from playground.recording.steps import Recording, Step
from playground.recording.writer import Writer

MOST_TOLD = 6


def source_of(recording: Recording) -> tuple[str, dict[str, bytes]]:
    """The test as Python, and the files that belong beside it, by name."""
    writer = Writer()
    writer.write(recording.steps)
    name = identifier(recording.name, "recorded")
    lines = [docstring(f"Recorded in the playground: {_summary(recording)}."), ""]
    if writer.files:
        lines += ["from pathlib import Path", ""]
    if writer.imports:
        lines += [f"from playground.testing import {', '.join(sorted(writer.imports))}", ""]
    if writer.files:
        lines += ["HERE = Path(__file__).parent", ""]
    lines += ["", f"def test_{name}(playground, playground_bot):"]
    lines += [f"    {line}" for line in writer.tidy()] or ["    pass"]
    return "\n".join(lines) + "\n", writer.files


def summary_of(step: Step) -> str:
    """A step in a few words, for people."""
    asked = step.deed.details
    if step.deed.what == "slash":
        return str(asked["command"]) if asked.get("target_id") else f"/{asked['command']}"
    if step.deed.what == "click":
        return f"a click on {name_among(asked['components'], asked['component'])}"
    words = {"react": asked.get("emoji"), "message": "a message", "modal": "a form", "delete": "a deletion"}
    return str(words.get(step.deed.what) or step.deed.what)


def _summary(recording: Recording) -> str:
    acts = list(dict.fromkeys(summary_of(step) for step in recording.steps if "named" not in step.deed.details))
    return ", ".join(acts[:MOST_TOLD] + ["…"] * (len(acts) > MOST_TOLD)) or "nothing"


def as_zip(recording: Recording) -> bytes:
    """The test and its files as a ZIP."""
    source, files = source_of(recording)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{file_name(recording)}.py", source)
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def file_name(recording: Recording) -> str:
    return f"test_{identifier(recording.name, 'recorded')}"
