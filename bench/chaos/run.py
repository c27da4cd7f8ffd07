"""One run: load and faults together, then the audit."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from redis import Redis

from bench.chaos.checks import Verdict, audit
from bench.chaos.faults.lanes import Faults
from bench.chaos.faults.scene import Scene
from bench.chaos.load import Users, settle
from bench.chaos.observer import Json, Watcher
from bench.chaos.programs import Programs
from bench.chaos.scale import Scale
from bench.chaos.scale import of as scale_of
from bench.chaos.table import table
from bench.summary import machine, say
from devstack import SAMPLE
from devstack.stack import Stack, Start, start_python
from jobs.connection import connect
from jobs.rq_adapter.queue import counts
from models.atlas import default_atlas
from models.nn.architecture import SIZES
from models.nn.generator import Generator
from models.weights_file import save_weights
from playground.testing import BOT_ID

WORKERS: Final = 3
BOTS: Final = 2
QUIET_S: Final = 3.0
"""Nothing waits, and for so long nothing has: whatever could still be written late has been."""


@dataclass
class Report:
    """One finished run; `missing` names the faults that did not happen."""

    verdict: Verdict
    missing: list[str]
    rows: list[tuple[str, str]]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the service, and why the run may prove nothing; empty if all is well."""
        verdict = self.verdict
        found = [f"{kind}: {line}" for kind, lines in verdict.wrong().items() for line in lines[:20]]
        found += [f"did not happen: {name}" for name in self.missing]
        if verdict.pictures < verdict.reasons.total():
            found.append("fewer than half of the answers are pictures: this run proves nothing")
        return found


def run(
    folder: Path,
    *,
    jobs: int,
    seed: int,
    scale: Scale | None = None,
    only: frozenset[str] | None = None,
    once: bool = False,
    start: Start = start_python,
    quiet: bool = False,
) -> Report:
    """One chaos run in an empty folder.

    `jobs` are as many as are asked for at least: it goes on until everything has broken once. With `once` nothing
    breaks twice; `only` names the faults of a run that is to be shorter still. `start` starts bots and workers, as
    for a Stack.
    """
    scale = scale or scale_of(jobs)
    report = (lambda line: None) if quiet else say
    weights = untrained(folder)
    settings = {
        "WEIGHTS_DIR": str(weights),
        "MODEL_WEIGHTS": "tiny",
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(SAMPLE.parents[2]),
        "USER_IN_FLIGHT": "0",
        "USER_DAILY": "0",
    }
    programs = Programs(start)
    with Stack(folder, workers=WORKERS, bots=BOTS, settings=settings, start=programs.start) as stack:
        watcher = Watcher(stack.controls)
        users = Users(stack.controls, watcher, random.Random(seed), between_s=scale.between_s)
        users.calm()
        ignored = {message["id"] for message in _bot_messages(stack.controls.state())}
        report(f"calm: {len(users.references)} reference pictures; now {jobs} jobs or more under fire")
        began = time.monotonic()
        scene = Scene(stack, programs, users, watcher, scale)
        try:
            with Faults(scene, seed, only=only, once=once) as faults:
                users.ask(jobs, faults.had_their_turn)
            asked_s = time.monotonic() - began
            faults.raise_errors()
            report(f"asked in {asked_s:.0f} s; letting it settle")
            settled = settle(users, scale.settle_s)
            with connect(stack.redis_url, patient=True) as redis:
                _await_quiet(redis, scale.settle_s)
                valkey = str(redis.info()["valkey_version"])
        finally:
            scene.ended.set()
        users.note()
        state = stack.controls.state()
        for channel, messages in state["messages"].items():
            state["messages"][channel] = [m for m in messages if m["id"] not in ignored]
        verdict = audit(users, watcher, state)
        programs.close()
    rows = [
        ("run", f"seed {seed}, {WORKERS} workers, {BOTS} bots, {asked_s:.0f} s under fire"),
        ("machine", f"{machine()}, Valkey {valkey}"),
        *table(scene, faults, settled, verdict),
    ]
    return Report(verdict, faults.missing(), rows)


def _await_quiet(redis: Redis, seconds: float) -> None:
    """Until no job waits or runs, and none has for QUIET_S; a late write would still come from one."""
    until, quiet_since = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < min(until, quiet_since + QUIET_S):
        there = counts(redis)
        if there.waiting or there.started or there.postponed:
            quiet_since = time.monotonic()
        time.sleep(0.25)


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
