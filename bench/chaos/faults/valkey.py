"""What Valkey suffers: a crash, an outage, a fail-over to a replica that is behind, a disk that is full."""

import random
import shutil
import time
from collections.abc import Callable
from typing import Final

from redis.exceptions import RedisError

from bench.chaos.faults.scene import BEHIND_S, Fault, Scene, between
from jobs.connection import connect

BACK_S: Final = 60.0
"""Longest that is waited for a picture, once Valkey is back."""


def faults(scene: Scene, rng: random.Random) -> list[Fault]:
    """The lane's faults."""
    lane = Valkey(scene, rng)
    return [
        Fault("Valkey killed", lane.alone(lambda: lane.restart(kill=True)), 3),
        Fault("Valkey stopped", lane.alone(lambda: lane.restart(kill=False)), 2),
        Fault("Valkey out", lane.alone(lane.outage)),
        Fault(f"fail-over that loses {BEHIND_S} s", lane.alone(lane.fail_over), 2),
        Fault("writes refused (NOREPLICAS)", lane.alone(lane.no_replicas)),
        Fault("writes refused (MISCONF)", lane.alone(lane.disk_full)),
    ]


class Valkey:
    """The one Valkey of the stack."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self._scene, self._rng = scene, rng
        self._stack = scene.stack
        self._folder = scene.stack.folder / "valkey"

    def alone(self, work: Callable[[], bool]) -> Callable[[], bool]:
        """While no bot is killed, and until the bots have written what Valkey did not take or has forgotten."""

        def alone() -> bool:
            with self._scene.memory:
                happened = work()
                self._scene.wait(self._scene.scale.told_s)
                return happened

        return alone

    def restart(self, *, kill: bool) -> bool:
        self._out(self._rng.choice((0.0, 0.5, 2.0, 6.0)), kill=kill)
        return True

    def outage(self) -> bool:
        self._out(self._scene.scale.outage_s, kill=True)
        return True

    def fail_over(self) -> bool:
        """As when a replica is promoted that is BEHIND_S behind: the data of then replaces the data of now."""
        behind = self._stack.folder / "replica"
        with connect(self._stack.redis_url, patient=True) as redis:
            redis.config_set("auto-aof-rewrite-percentage", 0)  # a rewrite would change files that are being copied
        shutil.copytree(self._folder, behind)
        time.sleep(BEHIND_S)
        self._stack.stop_valkey(kill=True)
        shutil.rmtree(self._folder)
        behind.rename(self._folder)
        self._stack.start_valkey()
        self._await_picture()
        return True

    def no_replicas(self) -> bool:
        return self._refuse(lambda: self._configure("min-replicas-to-write", 1), self._restore_replicas)

    def disk_full(self) -> bool:
        """A folder stands where the snapshot is to be written, so the snapshot fails as on a full disk."""
        return self._refuse(self._fail_to_save, self._save)

    def _refuse(self, begin: Callable[[], None], end: Callable[[], None]) -> bool:
        begin()
        refused = self._is_refused()
        self._scene.wait(between(self._rng, self._scene.scale.refused_s))
        end()
        self._await_picture()
        return refused

    def _restore_replicas(self) -> None:
        self._configure("min-replicas-to-write", 0)

    def _fail_to_save(self) -> None:
        (self._folder / "dump.rdb").unlink(missing_ok=True)
        (self._folder / "dump.rdb" / "in the way").mkdir(parents=True)
        with connect(self._stack.redis_url, patient=True) as redis:
            redis.config_set(
                "save", "86400 1000000"
            )  # without a rule for snapshots a failed one is no reason to refuse
            redis.bgsave()
            while redis.info("persistence")["rdb_bgsave_in_progress"]:
                time.sleep(0.05)

    def _save(self) -> None:
        shutil.rmtree(self._folder / "dump.rdb")
        with connect(self._stack.redis_url, patient=True) as redis:
            redis.bgsave()
            while redis.info("persistence")["rdb_bgsave_in_progress"]:
                time.sleep(0.05)
            redis.config_set("save", "")

    def _is_refused(self) -> bool:
        with connect(self._stack.redis_url, patient=True) as redis:
            try:
                redis.set("chaos", 1)
            except RedisError:
                return True
        return False

    def _configure(self, name: str, value: int) -> None:
        with connect(self._stack.redis_url, patient=True) as redis:
            redis.config_set(name, value)

    def _out(self, seconds: float, *, kill: bool) -> None:
        self._stack.stop_valkey(kill=kill)
        self._scene.wait(seconds)
        self._stack.start_valkey()
        self._await_picture()

    def _await_picture(self) -> None:
        back = time.monotonic()
        while not self._scene.wait(0.05) and time.monotonic() < back + BACK_S:
            if self._scene.watcher.last_picture_at > back:
                self._scene.after_valkey.append(self._scene.watcher.last_picture_at - back)
                return
