"""One run: load and faults together, then the audit."""

import os
import platform
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.chaos.checks import Verdict, audit
from bench.chaos.faults import FaultInjector
from bench.chaos.load import Users, settle
from bench.chaos.observer import Json, Watcher
from bench.chaos.table import table
from bench.summary import say
from devstack import SAMPLE
from devstack.stack import Stack, Start, start_python
from jobs.connection import connect
from models.atlas import default_atlas
from models.nn.generator import SIZES, Generator
from models.weights_file import save_weights
from playground.testing import BOT_ID


@dataclass
class Report:
    """One finished run."""

    verdict: Verdict
    broken: Counter[str]
    rows: list[tuple[str, str]]


def run(
    folder: Path,
    *,
    jobs: int,
    seed: int,
    workers: int = 3,
    bots: int = 2,
    pause: float = 3.0,
    outage_s: float = 0.0,
    once: bool = False,
    start: Start = start_python,
    quiet: bool = False,
) -> Report:
    """One chaos run in an empty folder.

    `pause` is the mean time between two things that break, and the first stop of Valkey lasts `outage_s` if that
    is not 0; both in seconds. With `once` everything breaks once, and `jobs` are as many as are asked for at least.
    `start` starts bots and workers, as for a Stack.
    """

    report = (lambda line: None) if quiet else say
    weights = untrained(folder)
    rng = random.Random(seed)
    settings = {
        "WEIGHTS_DIR": str(weights),
        "MODEL_WEIGHTS": "tiny",
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(SAMPLE.parents[2]),
        "USER_IN_FLIGHT": "0",
        "USER_DAILY": "0",
    }
    with Stack(folder, workers=workers, bots=bots, settings=settings, start=start) as stack:
        watcher = Watcher(stack.controls)
        users = Users(stack.controls, watcher, rng)
        users.calm()
        ignored = {message["id"] for message in _bot_messages(stack.controls.state())}
        report(f"calm: {len(users.references)} reference pictures; now {jobs} jobs under fire")
        began = time.monotonic()
        second = random.Random(seed + 1)
        with FaultInjector(stack, users, watcher, second, pause=pause, outage_s=outage_s, once=once) as faults:
            users.ask(jobs, faults.is_over if once else lambda: True)
        asked_s = time.monotonic() - began
        if faults.error is not None:
            raise faults.error
        report(f"asked in {asked_s:.0f} s; letting it settle")
        settled = settle(users)
        state = stack.controls.state()
        for channel, messages in state["messages"].items():
            state["messages"][channel] = [m for m in messages if m["id"] not in ignored]
        verdict = audit(users, watcher, state)
        with connect(stack.redis_url) as redis:
            valkey = str(redis.info()["valkey_version"])
    rows = [
        ("run", f"seed {seed}, {workers} workers, {bots} bots, {asked_s:.0f} s under fire"),
        ("machine", f"{os.cpu_count()} CPUs, Python {platform.python_version()}, Valkey {valkey}"),
        *table(users, faults, settled, verdict),
    ]
    return Report(verdict, faults.counts, rows)


def untrained(folder: Path) -> Path:
    """A folder with weights of the smallest network: delivery is what is tested, not drawing."""
    out = folder / "tiny"
    out.mkdir()
    torch.manual_seed(1)
    network = Generator(SIZES["tiny"])
    save_weights(out / "tiny.safetensors", network, default_atlas(), teacher="none", step=0, metrics={})
    return out


def _bot_messages(state: Json) -> list[Json]:
    return [m for channel in state["messages"].values() for m in channel if m["author"]["id"] == BOT_ID]
