"""Lanes: in each, one fault after another; all of them at once."""

import random
import threading
from collections.abc import Iterator
from typing import Final

from bench.chaos.faults import bots, discord, valkey, workers
from bench.chaos.faults.scene import Fault, Scene

LANES: Final = {"workers": workers.faults, "bots": bots.faults, "Valkey": valkey.faults, "Discord": discord.faults}
TRIES: Final = 8
"""How often one that did not happen (nobody made the request that was to fail) is tried in the first round."""
LATER: Final = 3.0
"""How much longer pauses are once each fault has had its turn: what has piled up is to be worked off."""
JOIN_S: Final = 90.0


class Lane:
    """Breaks what its faults break until the scene is over: each once, then each as often as its weight says."""

    def __init__(self, name: str, faults: list[Fault], scene: Scene, rng: random.Random, *, once: bool) -> None:
        self.name = name
        self._faults, self._scene, self._rng, self._once = faults, scene, rng, once
        self.complete = threading.Event()
        """Every fault has had its turn."""
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=f"chaos-{name}", daemon=True)

    def names(self) -> list[str]:
        """All that can break here."""
        return [fault.name for fault in self._faults]

    def missing(self) -> list[str]:
        """The faults that did not happen."""
        return [fault.name for fault in self._faults if not self._scene.counts[fault.name]]

    def _run(self) -> None:
        scene = self._scene
        try:
            for fault in self._in_turns():
                pause = scene.scale.pause_s * (LATER if self.complete.is_set() else 1.0)
                if scene.wait(self._rng.uniform(0.5, 1.5) * pause):
                    return
                scene.log(f"{fault.name} …")
                happened = fault.work()
                scene.log(f"{fault.name}: {'over' if happened else 'did not happen'}")
                if happened:
                    scene.counts[fault.name] += 1
        except BaseException as error:
            self.error = error
            scene.over.set()
        finally:
            self.complete.set()

    def _in_turns(self) -> Iterator[Fault]:
        for _ in range(TRIES):
            deck = [fault for fault in self._faults if not self._scene.counts[fault.name]]
            self._rng.shuffle(deck)
            yield from deck
        self.complete.set()
        while not self._once:
            deck = [fault for fault in self._faults for _ in range(fault.weight)]
            self._rng.shuffle(deck)
            yield from deck


class Faults:
    """All lanes at work for the length of a with block."""

    def __init__(self, scene: Scene, seed: int, *, only: frozenset[str] | None = None, once: bool = False) -> None:
        """`only` names the faults of a run that is to be shorter still; with `once` each breaks once."""
        self._scene = scene
        self.lanes = []
        for number, (name, make) in enumerate(LANES.items()):
            rng = random.Random(f"{seed} {number}")
            chosen = [fault for fault in make(scene, rng) if only is None or fault.name in only]
            self.lanes.append(Lane(name, chosen, scene, rng, once=once))

    def __enter__(self) -> "Faults":
        for lane in self.lanes:
            lane.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._scene.over.set()
        for lane in self.lanes:
            lane.thread.join(JOIN_S)
        self._scene.stack.controls.clear_faults()

    def had_their_turn(self) -> bool:
        """Whether every fault has had its turn, or there will be no more."""
        return self._scene.over.is_set() or all(lane.complete.is_set() for lane in self.lanes)

    def missing(self) -> list[str]:
        """The faults that did not happen."""
        return [name for lane in self.lanes for name in lane.missing()]

    def raise_errors(self) -> None:
        """Raise what went wrong in the lanes themselves."""
        for lane in self.lanes:
            if lane.error is not None:
                raise lane.error
            if lane.thread.is_alive():
                raise TimeoutError(f"the faults of {lane.name} do not end")
