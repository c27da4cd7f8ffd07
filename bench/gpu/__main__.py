"""A card measured in at most eight minutes: `python -m bench.gpu`, Markdown for bench/RESULTS.md.

Needs torch (2.11 or later) and the extra `worker`; nothing from a network, no compiler, no service. Each part is a
process of its own with its own budget of seconds: one that fails, hangs or takes the driver with it is a row of the
table, and the others go on. What a part has printed until then is kept. `--device cpu --small` rehearses it where
there is no card.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from bench.summary import machine, say


@dataclass(frozen=True)
class Part:
    """A table: its heading, the seconds that it may take, and where its function stands, as module.function."""

    title: str
    budget_s: float
    where: str


PARTS: Final = {
    "cells": Part("The same characters as on the processor", 75, "bench.gpu.drawing.cells"),
    "speed": Part("Speed of the network", 90, "bench.gpu.drawing.speed"),
    "memory": Part("Memory", 40, "bench.gpu.drawing.memory"),
    "worker": Part("The whole worker", 130, "bench.gpu.service.worker"),
    "training": Part("Training", 55, "bench.gpu.training.training"),
    # Last, as it is the one that may need what is not there, and that says least of what runs today.
    "compile": Part("torch.compile", 75, "bench.gpu.drawing.compiled"),
}
"""Their budgets sum to less than eight minutes."""
RESERVE_S: Final = 15.0
"""A part begins no further row when so little of its budget is left."""
GRACE_S: Final = 5.0
"""How long a part that overran may take to end its own processes."""


def run(name: str, device: str, *, small: bool) -> None:
    """One part in a process of its own: what it prints, and a row with the reason if it did not end well."""
    part, start = PARTS[name], time.monotonic()
    command = [
        sys.executable,
        "-m",
        "bench.gpu",
        "--part",
        name,
        "--device",
        device,
        *(["--small"] if small else []),
    ]
    say(f"{part.title} …")
    print(f"### {part.title}\n", flush=True)
    with tempfile.TemporaryFile() as errors:
        # A rehearsal shares its processor with others: threads that wait for each other would stand still there.
        environment = os.environ | ({} if device == "cuda" else {"OMP_NUM_THREADS": "1"})
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=errors, env=environment, start_new_session=True
        )
        try:
            code = process.wait(part.budget_s)
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip().splitlines()
            reason = f"exit code {code}: {words[-1] if words else 'no reason given'}"
        except subprocess.TimeoutExpired:
            code, reason = 1, f"stopped after {part.budget_s:.0f} s"
        _end(process)
    if code:
        print(f"| **failed** | {reason[:200].replace('|', '/')} |")
    print(flush=True)
    say(f"{part.title}: {time.monotonic() - start:.0f} s")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End whatever is left of a part, gently first: it may have a Valkey and workers of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + GRACE_S
        while time.monotonic() < until:
            process.poll()
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)


def head(device: str) -> str:
    """The machine and its card in a line."""
    import torch  # noqa: PLC0415 the only thing here that needs it

    card = "no card"
    if device == "cuda":
        found = torch.cuda.get_device_properties(0)
        card = f"{found.name}, {found.total_memory / 2**30:.0f} GB, CUDA {torch.version.cuda}"
    return f"{card}; torch {torch.__version__}; {machine()}; {time.strftime('%d %B %Y', time.gmtime())}"


def main() -> int:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="fewer and smaller measurements: a rehearsal")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts alone")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        part = PARTS[arguments.part]
        module, _, function = part.where.rpartition(".")
        work: Callable[[str, bool, float], None] = getattr(import_module(module), function)
        work(arguments.device, arguments.small, time.monotonic() + part.budget_s - RESERVE_S)
        return 0
    try:
        print(f"## A card (`python -m bench.gpu`)\n\n{head(arguments.device)}\n", flush=True)
    except (AssertionError, ImportError, RuntimeError) as error:
        print(f"no card to measure: {error}", file=sys.stderr)
        return 1
    start = time.monotonic()
    for name in arguments.only or PARTS:
        run(name, arguments.device, small=arguments.small)
    print(f"All of it took {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
