"""Faults that a test orders: the matching request is answered wrongly, late, or not at all.

For a count of requests (`times`), for a time on the playground's clock (`for_s`), or until they are cleared.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground.errors import ControlError
from playground.state.clock import Clock

FIELDS = {
    "method",
    "path",
    "status",
    "delay_s",
    "drop",
    "stall",
    "times",
    "for_s",
    "body",
    "page",
    "after",
    "uploads",
    "retry_after",
    "global",
}
PAGE = "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>Sorry, {status}</h1></body></html>"
"""What a proxy at the edge of Discord's network says: nothing that Discord itself has said."""


@dataclass
class Fault:
    """One rule. The first rule that matches a request and is not used up applies."""

    id: int
    path: re.Pattern[str]
    method: str | None = None
    status: int | None = None
    delay_s: float = 0.0
    drop: str | None = None
    stall: bool = False
    times: int | None = 1
    until: float | None = None
    """On the playground's clock."""
    body: Any = None
    page: bool = False
    after: bool = False
    """The status comes instead of the true answer: what was asked for is done."""
    uploads: bool = False
    """Only requests that may carry files are met."""
    retry_after: float = 1.0
    is_global: bool = False
    hits: int = field(default=0)

    def is_over(self, now: float) -> bool:
        """Whether it applies no more."""
        return (self.times is not None and self.hits >= self.times) or (
            self.until is not None and now >= self.until
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "method": self.method,
            "path": self.path.pattern,
            "status": self.status,
            "delay_s": self.delay_s,
            "drop": self.drop,
            "stall": self.stall,
            "times": self.times,
            "until": self.until,
            "page": self.page,
            "uploads": self.uploads,
            "hits": self.hits,
        }


class Faults:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rules: list[Fault] = []
        self.on_change: list[Callable[[], None]] = []
        self._made = 0

    def add(self, rule: Any) -> Fault:
        """Check and store one rule. Raises ControlError (400) naming what is wrong with it."""
        if not isinstance(rule, dict):
            raise ControlError(400, "a fault is a JSON object")
        if odd := set(rule) - FIELDS:
            raise ControlError(400, f"a fault has no {sorted(odd)}; it has {sorted(FIELDS)}")
        if rule.get("drop") not in (None, "before", "after"):
            raise ControlError(400, 'drop is "before" or "after" (the effect)')
        if not any(rule.get(key) for key in ("status", "delay_s", "drop", "stall")):
            raise ControlError(400, "a fault needs one of status, delay_s, drop, stall")
        if rule.get("page") and not rule.get("status"):
            raise ControlError(400, "a page needs a status")
        for_s = rule.get("for_s")
        times = rule.get("times", 1 if for_s is None else None)
        try:
            pattern = re.compile(rule.get("path") or "")
            self._made += 1
            fault = Fault(
                id=self._made,
                path=pattern,
                method=str(rule["method"]).upper() if rule.get("method") else None,
                status=int(rule["status"]) if rule.get("status") is not None else None,
                delay_s=float(rule.get("delay_s") or 0),
                drop=rule.get("drop"),
                stall=bool(rule.get("stall")),
                times=None if times is None else int(times),
                until=None if for_s is None else self._clock.now() + float(for_s),
                body=rule.get("body"),
                page=bool(rule.get("page")),
                after=bool(rule.get("after")),
                uploads=bool(rule.get("uploads")),
                retry_after=float(rule.get("retry_after", 1.0)),
                is_global=bool(rule.get("global")),
            )
        except (re.error, TypeError, ValueError) as error:
            raise ControlError(400, f"the fault cannot be read: {error}") from error
        if fault.status is not None and not 400 <= fault.status <= 599:
            raise ControlError(400, "status must be an error, 400 to 599")
        if fault.page and fault.body is None:
            fault.body = PAGE.format(status=fault.status)
        self.rules.append(fault)
        self.changed()
        return fault

    def take(self, method: str, path: str, *, uploads: bool = False) -> Fault | None:
        """The rule for this request, counted as used; None when it is to be answered properly."""
        now = self._clock.now()
        for rule in self.rules:
            meets = rule.method in (None, method) and (uploads or not rule.uploads) and rule.path.search(path)
            if meets and not rule.is_over(now):
                rule.hits += 1
                self.changed()
                return rule
        return None

    def clear(self, id_: str | None = None) -> None:
        self.rules = [rule for rule in self.rules if id_ is not None and str(rule.id) != id_]
        self.changed()

    def changed(self) -> None:
        for listener in self.on_change:
            listener()
