"""What bots suffer, and their gateway.

One of them at a time: Discord repeats no click that none has heard.
"""

import random
import time
from collections.abc import Sequence
from typing import Final

from bench.chaos.faults.processes import HOURS_OFF_S, freeze, kill, some_time, stall
from bench.chaos.faults.scene import BEHIND_S, Fault, Scene, between

TOKEN_LIFE_S: Final = 15 * 60
CONNECT_S: Final = 180.0
"""Longest that a bot may take to come back; its own pause between two tries is a minute at most."""
HEARD_S: Final = 1.5
"""For a click that was made to be heard, before the gateway goes."""


def faults(scene: Scene, rng: random.Random) -> list[Fault]:
    """The lane's faults."""
    lane = Bots(scene, rng)
    return [
        Fault("bot killed", lane.kill_one, 4),
        Fault("bot frozen", lane.freeze_one, 2),
        Fault("bot's Redis connection stalled", lane.stall_one, 2),
        Fault("bot's clock 2 h ahead", lambda: lane.wrong_clock(HOURS_OFF_S)),
        Fault("bot's clock 2 h behind", lambda: lane.wrong_clock(-HOURS_OFF_S)),
        Fault("gateway dropped", lane.drop_gateway, 4),
        Fault("gateway out", lane.gateway_outage),
        Fault("all tokens expired", lane.tokens_expire, 2),
    ]


class Bots:
    """The bots, all of which are to be back before the next of them suffers."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self._scene, self._rng = scene, rng
        self._stack = scene.stack

    def kill_one(self) -> bool:
        self._kill(self._any())
        return self._await_all()

    def freeze_one(self) -> bool:
        done = freeze(self._scene, self._stack.bots[self._any()], between(self._rng, self._scene.scale.frozen_s))
        self._scene.wait(self._scene.scale.told_s)
        return self._await_all() and done

    def stall_one(self) -> bool:
        done = stall(self._scene, self._stack.bots[self._any()], between(self._rng, self._scene.scale.stalled_s))
        self._scene.wait(self._scene.scale.told_s)
        return done

    def wrong_clock(self, ahead_s: float) -> bool:
        """One is started with a wrong clock, works, and is killed; one with the right clock follows."""
        n = self._any()
        with self._scene.programs.clock_ahead("bot", ahead_s):
            self._kill(n)
        connected = self._await_all()
        self._scene.wait(self._scene.scale.clock_s)
        self._kill(n)
        return self._await_all() and connected

    def drop_gateway(self) -> bool:
        before = self._stack.controls.state()["connections"]
        self._stack.controls.gateway(self._rng.choice(("drop", "reconnect")))
        return self._await_all(before)

    def gateway_outage(self) -> bool:
        """Every connection lost, and none taken. Past three minutes sessions cannot be resumed: no click counts."""
        controls, users = self._stack.controls, self._scene.users
        users.may_click.clear()
        self._scene.wait(HEARD_S)
        self._scene.gateway_out.set()
        rule = controls.fault(path="^/gateway", status=503, times=None)
        controls.gateway("drop")
        self._scene.wait(self._scene.scale.gateway_s)
        controls.clear_faults(rule)
        back = time.monotonic()
        connected = self._await_all()
        self._scene.after_gateway.append(time.monotonic() - back)
        self._scene.gateway_out.clear()
        users.may_click.set()
        return connected

    def tokens_expire(self) -> bool:
        # Sessions that are apart for longer than three minutes cannot be resumed: not what this is about.
        self._stack.controls.advance(TOKEN_LIFE_S + 5)
        return True

    def _any(self) -> int:
        return self._rng.randrange(len(self._stack.bots))

    def _kill(self, n: int) -> None:
        with self._scene.memory:
            kill(self._scene, self._stack.bots[n])
            time.sleep(BEHIND_S)  # what it has written is on a replica now
        some_time(self._scene, self._rng)
        self._stack.restart_bot(n)

    def _await_all(self, lost: Sequence[str] = ()) -> bool:
        """Whether every bot is connected, by none of the `lost` connections.

        At the end of a run, too: those who asked are to be answered.
        """
        until = time.monotonic() + CONNECT_S
        while True:
            state = self._stack.controls.state()
            if state["sessions"] >= len(self._stack.bots) and not set(lost) & set(state["connections"]):
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.3)
