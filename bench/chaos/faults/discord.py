"""What Discord, and what stands before it, answers instead of the answer."""

import random
from functools import partial
from typing import Any, Final

from bench.chaos.faults.scene import Fault, Scene

EDIT: Final = {"method": "PATCH", "path": "/(webhooks|channels)/"}
POST: Final = {"method": "POST", "path": "/channels/.*/messages$"}
ANY: Final = ({"path": "/webhooks/"}, {"path": "/channels/"}, {"path": "/callback$"}, EDIT)
HIT_S: Final = 30.0
"""How long it is waited for a request that a fault meets; every seventh picture or so is clicked on."""

ONCE: Final[dict[int, tuple[Any, ...]]] = {
    401: (None, {"code": 50027, "message": "Invalid Webhook Token"}),
    403: (None, {"code": 40333, "message": "internal network error"}),
    404: (None, {"code": 10008, "message": "Unknown Message"}, {"code": 10015, "message": "Unknown Webhook"}),
    408: (None,),
}
"""What is said once and is no last word, with Discord's own codes among it."""


def faults(scene: Scene, rng: random.Random) -> list[Fault]:
    """The lane's faults. Each has happened once a request has met it."""
    lane = Discord(scene, rng)
    longer, longest = (f"{seconds:.0f}" for seconds in scene.scale.rate_limits_s)
    return [
        Fault("429", lane.brief_limit, 3),
        Fault(f"429 of {longer} s on an edit", partial(lane.limit, EDIT, scene.scale.rate_limits_s[0])),
        Fault(f"429 of {longer} s on a post", partial(lane.limit, POST, scene.scale.rate_limits_s[0])),
        Fault(f"429 of {longest} s on an edit", partial(lane.limit, EDIT, scene.scale.rate_limits_s[1])),
        Fault(f"429 of {longest} s on a post", partial(lane.limit, POST, scene.scale.rate_limits_s[1])),
        Fault("5xx", lane.broken, 3),
        Fault("hangs up", partial(lane.some, drop="before"), 2),
        Fault("hangs up after the effect", partial(lane.some, drop="after"), 3),
        Fault("slow", partial(lane.some, delay_s=1.5), 2),
        Fault("silent", partial(lane.once, EDIT, stall=True)),
        *(Fault(f"one {status}", partial(lane.one_refusal, status), 2) for status in ONCE),
        Fault("one 403 with a page", partial(lane.once, EDIT, status=403, page=True), 2),
    ]


class Discord:
    """The playground, which answers as it is told."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self._scene, self._rng = scene, rng
        self._controls = scene.stack.controls

    def brief_limit(self) -> bool:
        return self.some(status=429, retry_after=self._rng.choice((0.3, 1.0, 3.0)))

    def limit(self, where: dict[str, str], seconds: float) -> bool:
        return self.once(where, status=429, retry_after=seconds)

    def broken(self) -> bool:
        return self.some(status=self._rng.choice((500, 502, 503)), page=self._rng.random() < 0.3)

    def one_refusal(self, status: int) -> bool:
        return self.once(EDIT, status=status, body=self._rng.choice(ONCE[status]))

    def some(self, **rule: Any) -> bool:
        """One to five requests somewhere."""
        return self._order(self._rng.choice(ANY), self._rng.randrange(1, 6), rule)

    def once(self, where: dict[str, str], **rule: Any) -> bool:
        """One request."""
        return self._order(where, 1, rule)

    def _order(self, where: dict[str, str], times: int, rule: dict[str, Any]) -> bool:
        if self._scene.await_commands():
            return False
        number = self._controls.fault(times=times, **where, **rule)
        met, waited = 0, 0.0
        while met < times and waited < HIT_S and not self._scene.wait(0.25):
            waited += 0.25
            met = next(fault["hits"] for fault in self._controls.faults() if fault["id"] == number)
        self._controls.clear_faults(number)
        return met > 0
