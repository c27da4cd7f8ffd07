"""Changing a model's version on all workers at once, every worker or none: a two-phase commit.

An order goes through phases in Redis. `resolving`: each worker says which file it has by the model's name, and
puts its bytes into the registry if they are new. `preparing`: each loads the version beside the one in use, tries
it, and votes that it is ready. Then all are ready, the order is `committed`, and in the same transaction the
registry names the version; each worker exchanges between two jobs. Or one fails, is gone or is late: the order is
`aborted`, and nobody has changed anything.

No process is the coordinator. Whoever looks at an order, worker or bot, moves it on when it is due (`advance`), so
it ends all the same when the bot that gave it dies. A worker that starts meanwhile is not waited for: it begins
with what the registry names, and follows it.
"""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from redis import Redis
from redis.client import Pipeline

from jobs.connection import PREFIX
from jobs.records import ModelName, Record, Sha256, read_record
from jobs.registry.fleet import Fleet
from jobs.registry.weights import (
    MODELS_KEY,
    SHORT,
    Model,
    WeightsStore,
    activated,
    check_name,
    model_in,
    rolled_back,
    set_model,
)
from jobs.text.sentences import ServiceProblem

ORDER_TTL_S: Final = 600
DEADLINE_S: Final = 60.0
"""For loading; an order that is not decided by then is aborted."""

_ORDER: Final = f"{PREFIX}reload"

Phase = Literal["resolving", "preparing", "committed", "aborted"]


class Order(Record):
    """One change. `target` is None until it is known; `before` is the version in use when it was ordered.

    `expected` names the workers that must agree. `back` undoes the last change instead of making a new one.
    `stage` is the phase; Redis has known it by that name for longer.
    `deadline_at` is in Unix seconds; `reason` says why an order was aborted.
    """

    id: str
    model: ModelName
    target: Sha256 | None = None
    before: Sha256 | None = None
    back: bool = False
    ordered_by: str
    expected: tuple[str, ...]
    stage: Phase
    reason: str = ""
    deadline_at: float

    @property
    def is_open(self) -> bool:
        return self.stage in ("resolving", "preparing")


class Vote(Record):
    """How far one worker is with an order.

    `offer` is the version of its own file by the model's name, if it has one that is new. `took_ms` is the time
    for loading and trying. `drained`: there was no room for two, so it takes no jobs until the order is decided.
    `error` says why it cannot.
    """

    worker: str
    offered: bool = False
    offer: Sha256 | None = None
    ready: bool = False
    moved: bool = False
    drained: bool = False
    took_ms: float = 0.0
    error: str = ""


def decide(order: Order, votes: Mapping[str, Vote], alive: Collection[str], now: float) -> Order:
    """An open order as it stands with these votes: unchanged, one phase on, or aborted."""

    def to(phase: Phase, **changes: object) -> Order:
        return order.model_copy(update={"stage": phase, **changes})

    mine = {name: votes.get(name, Vote(worker=name)) for name in order.expected}
    waited_for = {name for name, vote in mine.items() if not _has_done(vote, order.stage)}
    if reason := _reason_to_abort(mine, waited_for, alive, late=now > order.deadline_at):
        return to("aborted", reason=reason)
    if waited_for:
        return order
    if order.stage == "preparing":
        return to("committed")
    offers = {name: vote.offer for name, vote in mine.items() if vote.offer is not None}
    target = next(iter(offers.values()), order.before)
    if len(set(offers.values())) > 1:
        have = ", ".join(f"{name} has {offer[:SHORT]}" for name, offer in sorted(offers.items()))
        return to("aborted", reason=f"the workers have different files of that name: {have}")
    if target is None:
        return to("aborted", reason=f"no worker has a file {order.model}.safetensors, and nobody published one")
    return to("preparing", target=target)


def _has_done(vote: Vote, phase: Phase) -> bool:
    return vote.offered if phase == "resolving" else vote.ready


def _reason_to_abort(mine: Mapping[str, Vote], waited_for: set[str], alive: Collection[str], *, late: bool) -> str:
    """Why the order cannot be carried out; empty while it may."""
    for name, vote in mine.items():
        if vote.error:
            return f"{name}: {vote.error}"
    if gone := sorted(waited_for.difference(alive)):
        return f"{gone[0]} ended before it was ready"
    return f"{', '.join(sorted(waited_for))}: no answer in time" if late and waited_for else ""


class Progress(NamedTuple):
    """How an order stands; `over` when nothing more is to come of it."""

    order: Order
    votes: dict[str, Vote]
    over: bool


def is_over(order: Order, votes: Mapping[str, Vote], alive: Iterable[str]) -> bool:
    """Whether nothing more is to come: all that are still there have moved, or nobody will."""
    waited_for = set(order.expected).intersection(alive)
    moved = all(name in votes and votes[name].moved for name in waited_for)
    return not order.is_open and (order.stage == "aborted" or moved)


class Reloads:
    """Orders and votes, over the registry that they change."""

    def __init__(self, redis: Redis, store: WeightsStore, fleet: Fleet) -> None:
        self._redis = redis
        self._store = store
        self._fleet = fleet

    def order(self, name: str, by: str, *, version: str | None = None, back: bool = False) -> Order:
        """Order a model's change: to `version` (a hash or its beginning), back by one, or to what is new.

        With no worker alive a version that is known is committed at once, and the next to start uses it.
        Raises ServiceProblem `weights_name`, `reload_busy`, `no_worker`, `unknown_style`, `unknown_version` or
        `no_history`.
        """
        model, target = self._store.model(check_name(name)), None
        if back:
            target = rolled_back(self._store.known(name), by).active
        elif version is not None:
            target = self._store.version(name, version).sha256
        expected = tuple(worker.name for worker in self._fleet.alive() if worker.state != "stopping")
        if not expected and target is None:
            raise ServiceProblem("no_worker")
        order = Order(
            id=secrets.token_hex(6),
            model=name,
            target=target,
            before=model.active if model else None,
            back=back,
            ordered_by=by,
            expected=expected,
            stage="preparing" if target else "resolving",
            deadline_at=time.time() + DEADLINE_S,
        )

        def begin(pipe: Pipeline) -> None:
            before = read_record(Order, pipe.get(_ORDER))
            if before is not None and before.is_open and before.deadline_at > time.time():
                raise ServiceProblem("reload_busy", f"order {before.id} model={before.model}")
            pipe.multi()
            pipe.set(_ORDER, order.model_dump_json(), ex=ORDER_TTL_S)

        self._redis.transaction(begin, _ORDER)
        return self.advance() or order

    def latest(self) -> Order | None:
        """The newest order, or None when there is none or it is old."""
        return read_record(Order, self._redis.get(_ORDER))

    def vote(self, order: Order, vote: Vote) -> None:
        """A worker says how far it is; its earlier word is replaced."""
        pipe = self._redis.pipeline()
        pipe.hset(_votes(order.id), vote.worker, vote.model_dump_json())
        pipe.expire(_votes(order.id), ORDER_TTL_S)
        pipe.execute()

    def votes(self, order: Order) -> dict[str, Vote]:
        """The votes so far, by worker."""
        found = (read_record(Vote, data) for data in self._redis.hvals(_votes(order.id)))
        return {vote.worker: vote for vote in found if vote is not None}

    def progress(self, order: Order) -> Progress:
        """Move an order on if it is due, and tell how it stands; for whoever waits for its end and asks again."""
        latest = self.advance()
        replaced = latest is not None and latest.id != order.id
        order = order if latest is None or replaced else latest
        votes = self.votes(order)
        return Progress(
            order, votes, replaced or is_over(order, votes, [worker.name for worker in self._fleet.alive()])
        )

    def advance(self) -> Order | None:
        """Move the newest order on if it is due, and return it as it then stands; anybody may call this."""
        newest = self.latest()
        if newest is None or not newest.is_open:
            return newest  # nearly always: every worker asks twice a second
        latest: list[Order | None] = []

        def step(pipe: Pipeline) -> None:
            order = read_record(Order, pipe.get(_ORDER))
            latest[:] = [order]
            if order is None or not order.is_open:
                return
            alive = [worker.name for worker in self._fleet.alive()]
            decided = decide(order, self.votes(order), alive, time.time())
            model = model_in(pipe, order.model)
            changed = None
            if decided.stage == "committed":
                changed = _changed(decided, model)
                if changed is None:
                    decided = order.model_copy(update={"stage": "aborted", "reason": "changed meanwhile"})
            latest[:] = [decided]
            if decided is order:
                return
            pipe.multi()
            pipe.set(_ORDER, decided.model_dump_json(), ex=ORDER_TTL_S)
            if changed is not None:
                set_model(pipe, changed)

        self._redis.transaction(step, _ORDER, MODELS_KEY)
        return latest[0]


def _changed(order: Order, model: Model | None) -> Model | None:
    """The model after a committed order; None if it is no longer what the order was given for."""
    if order.target is None or (model.active if model else None) != order.before:
        return None
    if order.back and model is not None:
        return rolled_back(model, order.ordered_by)
    return activated(model, order.model, order.target, order.ordered_by)


def _votes(order_id: str) -> str:
    return f"{_ORDER}:{order_id}"
