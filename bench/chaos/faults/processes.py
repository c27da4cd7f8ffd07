"""What can happen to any process of ours: it is killed, stands still, has a stalling link or a wrong clock."""

import random
import signal

from bench.chaos.faults.scene import Scene
from playground.testing.process import Running

HOURS_OFF_S = 2 * 3600.0


def freeze(scene: Scene, process: Running, seconds: float) -> bool:
    """SIGSTOP, and SIGCONT after so many seconds: a paged-out machine, a paused VM."""
    process.send_signal(signal.SIGSTOP)
    try:
        scene.wait(seconds)
    finally:
        process.send_signal(signal.SIGCONT)
    return True


def stall(scene: Scene, process: Running, seconds: float) -> bool:
    """The process's connections to Redis stay open and carry nothing; what was sent arrives in the end."""
    link = scene.programs.link(process)
    link.stall()
    try:
        scene.wait(seconds)
    finally:
        link.resume()
    return True


def kill(scene: Scene, process: Running) -> None:
    """SIGKILL."""
    process.kill()
    process.wait()
    scene.programs.ended(process)


def some_time(scene: Scene, rng: random.Random) -> None:
    """Until whoever looks after processes starts one again."""
    scene.wait(rng.uniform(0, 2))
