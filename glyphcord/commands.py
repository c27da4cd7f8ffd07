"""The commands of `glyphcord`: what each does, and whose it is. Nothing of theirs is imported to list them."""

import sys
from dataclasses import dataclass
from typing import Final


class NotInstalled(Exception):
    """A command's program, or what it needs, is not here; `str()` says how to install it."""


@dataclass(frozen=True)
class Command:
    """`module` has the function `adder`, which gives a parser the command's options and sets its `run`.

    `extra` is what pip installs it with.
    """

    summary: str
    module: str
    adder: str = "add_arguments"
    extra: str = ""


def missing_library(command: Command, missing: ModuleNotFoundError) -> NotInstalled:
    """What to say of a library, such as torch, that another extra would have brought.

    Raises `missing` itself where that is a module of ours or of Python's: a bug keeps its traceback.
    """
    if (missing.name or "").partition(".")[0] in sys.stdlib_module_names | {"glyphcord", "models", "jobs"}:
        raise missing
    extra = f"[{command.extra}]" if command.extra else ""
    return NotInstalled(f"it needs {missing.name}, which is not installed here: pip install 'glyphcord{extra}'")


def _of_models(name: str, summary: str, extra: str = "worker-cpu", module: str = "") -> Command:
    return Command(summary, f"models.cli.{module or name}", f"add_{name}", extra)


PICTURES: Final = {
    "render": _of_models("render", "draw pictures with characters"),
    "palettes": _of_models("palettes", "draw one picture in every palette"),
    "weights": _of_models("weights", "list weights files, or try some"),
}
TRAINING: Final = {
    "photos": _of_models("photos", "fetch photos to train on", "train", "training_data"),
    "labels": _of_models(
        "labels", "label photos' subjects, for training, with a network", "train,label", "training_data"
    ),
    "train": _of_models("train", "train a style from a folder of photos", "train"),
    "evaluate": _of_models("evaluate", "compare weights with baselines and other programs", "train"),
    "pairs": _of_models(
        "pairs", "write training pairs as files, or read such a dataset back", "train", "training_data"
    ),
}
SERVICE: Final = {
    "bot": Command("answer in Discord", "bot.__main__", extra="bot"),
    "worker": Command(
        "draw the pictures on the queue, or manage a service's models", "worker.__main__", extra="worker-cpu"
    ),
    "doctor": Command("check settings, token, Redis, weights, GPU, ports and limits", "glyphcord.doctor"),
}
LOCAL: Final = {
    "demo": Command("run everything on this machine, with a local Discord", "glyphcord.demo_arguments"),
    "playground": Command("run the local Discord alone, for any bot", "playground.__main__", extra="playground"),
    "completion": Command("print a script with which your shell completes all this", "glyphcord.completion"),
}
OF_MODELS: Final = PICTURES | TRAINING
"""Those that `python -m models` has too."""
GROUPS: Final = {"pictures": PICTURES, "the service": SERVICE, "on this machine": LOCAL, "training": TRAINING}
COMMANDS: Final = PICTURES | SERVICE | LOCAL | TRAINING
