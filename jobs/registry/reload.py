"""Changing a model's version on all workers at once, every worker or none: a two-phase commit.

A reload goes through phases in Redis. `resolving`: each worker says which file it has by the model's name, and
puts its bytes into the registry if they are new. `preparing`: each loads the version beside the one in use, tries
it, and votes that it is ready. Then all are ready, the reload is `committed`, and in the same transaction the
registry names the version; each worker exchanges between two jobs. Or one fails, is gone or is late: the reload is
`aborted`, and nobody has changed anything.

No process is the coordinator. Whoever looks at a reload, worker or bot, moves it on when it is due (`advance`), so
it ends all the same when the bot that began it dies. A worker that starts meanwhile is not waited for: it begins
with what the registry names, and follows it.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from redis import Redis
from redis.client import Pipeline

from jobs import clock
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

RELOAD_TTL_S: Final = 600
DEADLINE_S: Final = 60.0
"""For loading; a reload that is not decided by then is aborted."""

_KEY: Final = f"{PREFIX}reload"

Phase = Literal["resolving", "preparing", "committed", "aborted"]


class Reload(Record):
    """One change. `target` is None until it is known; `before` is the version in use when it began.

    `expected` names the workers that must agree. `back` undoes the last change instead of making a new one.
    `deadline_at` is in Unix seconds; `reason` says why a reload was aborted.
    """

    id: str
    model: ModelName
    target: Sha256 | None = None
    before: Sha256 | None = None
    back: bool = False
    by: str
    expected: tuple[str, ...]
    phase: Phase
    reason: str = ""
    deadline_at: float

    @property
    def is_open(self) -> bool:
        return self.phase in ("resolving", "preparing")


class Vote(Record):
    """How far one worker is with a reload.

    `offer` is the version of its own file by the model's name, if it has one that is new. `took_ms` is the time
    for loading and trying. `drained`: there was no room for two, so it takes no jobs until the reload is decided.
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


def decide(reload: Reload, votes: Mapping[str, Vote], alive: Collection[str], now: float) -> Reload:
    """An open reload as it stands with these votes: unchanged, one phase on, or aborted."""

    def to(phase: Phase, **changes: object) -> Reload:
        return reload.model_copy(update={"phase": phase, **changes})

    mine = {name: votes.get(name, Vote(worker=name)) for name in reload.expected}
    waited_for = {name for name, vote in mine.items() if not _has_done(vote, reload.phase)}
    if reason := _reason_to_abort(mine, waited_for, alive, late=now > reload.deadline_at):
        return to("aborted", reason=reason)
    if waited_for:
        return reload
    if reload.phase == "preparing":
        return to("committed")
    offers = {name: vote.offer for name, vote in mine.items() if vote.offer is not None}
    target = next(iter(offers.values()), reload.before)
    if len(set(offers.values())) > 1:
        have = ", ".join(f"{name} has {offer[:SHORT]}" for name, offer in sorted(offers.items()))
        return to("aborted", reason=f"the workers have different files of that name: {have}")
    if target is None:
        return to("aborted", reason=f"no worker has a file {reload.model}.safetensors, and nobody published one")
    return to("preparing", target=target)


def _has_done(vote: Vote, phase: Phase) -> bool:
    return vote.offered if phase == "resolving" else vote.ready


def _reason_to_abort(mine: Mapping[str, Vote], waited_for: set[str], alive: Collection[str], *, late: bool) -> str:
    """Why the reload cannot be carried out; empty while it may."""
    for name, vote in mine.items():
        if vote.error:
            return f"{name}: {vote.error}"
    if gone := sorted(waited_for.difference(alive)):
        return f"{gone[0]} ended before it was ready"
    return f"{', '.join(sorted(waited_for))}: no answer in time" if late and waited_for else ""


class ReloadStatus(NamedTuple):
    """How a reload stands; `over` when nothing more is to come of it."""

    reload: Reload
    votes: dict[str, Vote]
    over: bool


def is_over(reload: Reload, votes: Mapping[str, Vote], alive: Iterable[str]) -> bool:
    """Whether nothing more is to come: all that are still there have moved, or nobody will."""
    waited_for = set(reload.expected).intersection(alive)
    moved = all(name in votes and votes[name].moved for name in waited_for)
    return not reload.is_open and (reload.phase == "aborted" or moved)


class Reloads:
    """Reloads and their votes, over the registry that they change."""

    def __init__(self, redis: Redis, store: WeightsStore, fleet: Fleet) -> None:
        self._redis = redis
        self._store = store
        self._fleet = fleet

    def begin(self, name: str, by: str, *, version: str | None = None, back: bool = False) -> Reload:
        """Begin a change of a model: to `version` (a hash or its beginning), back by one, or to what is new.

        With no worker alive a version that is known is committed at once, and the next to start uses it.
        Raises ServiceProblem `weights_name`, `reload_busy`, `no_worker`, `unknown_style`, `unknown_version` or
        `no_history`.
        """
        model, target = self._store.model(check_name(name)), None
        if back:
            target = rolled_back(self._store.known(name), by).active
        elif version is not None:
            target = self._store.version(name, version).sha256
        expected = tuple(
            worker.name for worker in self._fleet.alive() if worker.state != "stopping" and worker.takes_reloads
        )
        if not expected and target is None:
            raise ServiceProblem("no_worker")
        reload = Reload(
            id=secrets.token_hex(6),
            model=name,
            target=target,
            before=model.active if model else None,
            back=back,
            by=by,
            expected=expected,
            phase="preparing" if target else "resolving",
            deadline_at=clock.now() + DEADLINE_S,
        )

        def write(pipe: Pipeline) -> None:
            before = read_record(Reload, pipe.get(_KEY))
            if before is not None and before.is_open and before.deadline_at > clock.now():
                raise ServiceProblem("reload_busy", f"reload {before.id} model={before.model}")
            pipe.multi()
            pipe.set(_KEY, reload.model_dump_json(), ex=RELOAD_TTL_S)

        self._redis.transaction(write, _KEY)
        return self.advance() or reload

    def latest(self) -> Reload | None:
        """The newest reload, or None when there is none or it is old."""
        return read_record(Reload, self._redis.get(_KEY))

    def vote(self, reload: Reload, vote: Vote) -> None:
        """A worker says how far it is; its earlier word is replaced."""
        pipe = self._redis.pipeline()
        pipe.hset(_votes(reload.id), vote.worker, vote.model_dump_json())
        pipe.expire(_votes(reload.id), RELOAD_TTL_S)
        pipe.execute()

    def votes(self, reload: Reload) -> dict[str, Vote]:
        """The votes so far, by worker."""
        found = (read_record(Vote, data) for data in self._redis.hvals(_votes(reload.id)))
        return {vote.worker: vote for vote in found if vote is not None}

    def status(self, reload: Reload) -> ReloadStatus:
        """Move a reload on if it is due, and tell how it stands; for whoever waits for its end and asks again."""
        latest = self.advance()
        replaced = latest is not None and latest.id != reload.id
        reload = reload if latest is None or replaced else latest
        votes = self.votes(reload)
        return ReloadStatus(
            reload, votes, replaced or is_over(reload, votes, [worker.name for worker in self._fleet.alive()])
        )

    def advance(self) -> Reload | None:
        """Move the newest reload on if it is due, and return it as it then stands; anybody may call this."""
        newest = self.latest()
        if newest is None or not newest.is_open:
            return newest  # nearly always: every worker asks twice a second
        latest: list[Reload | None] = []

        def step(pipe: Pipeline) -> None:
            reload = read_record(Reload, pipe.get(_KEY))
            latest[:] = [reload]
            if reload is None or not reload.is_open:
                return
            alive = [worker.name for worker in self._fleet.alive()]
            decided = decide(reload, self.votes(reload), alive, clock.now())
            model = model_in(pipe, reload.model)
            changed = None
            if decided.phase == "committed":
                changed = _changed(decided, model)
                if changed is None:
                    decided = reload.model_copy(update={"phase": "aborted", "reason": "changed meanwhile"})
            latest[:] = [decided]
            if decided is reload:
                return
            pipe.multi()
            pipe.set(_KEY, decided.model_dump_json(), ex=RELOAD_TTL_S)
            if changed is not None:
                set_model(pipe, changed)

        self._redis.transaction(step, _KEY, MODELS_KEY)
        return latest[0]


def _changed(reload: Reload, model: Model | None) -> Model | None:
    """The model after a committed reload; None if it was changed since the reload began."""
    if reload.target is None or (model.active if model else None) != reload.before:
        return None
    if reload.back and model is not None:
        return rolled_back(model, reload.by)
    return activated(model, reload.model, reload.target, reload.by)


def _votes(reload_id: str) -> str:
    return f"{_KEY}:{reload_id}"
