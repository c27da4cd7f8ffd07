"""The registry of weights: which models there are, in which versions, which version is in use, and their bytes.

A model (to users: a style) has a name and versions; a version is the sha256 of a weights file's bytes. All of it
stands in Redis, so that a worker on any machine can have any version, and a file that was uploaded outlives the
machine that took it. The bytes live under one budget: what is in use stays, of the rest the longest unused goes.
Nothing here looks into a file; that is the workers' part.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final, Literal, TypeVar

from redis import Redis
from redis.client import Pipeline

from jobs import clock
from jobs.connection import PREFIX
from jobs.records import ModelName, Record, Sha256, read_record
from jobs.text.sentences import ServiceProblem
from models.limits import MAX_WEIGHTS_BYTES
from models.options import MODEL_NAME

HISTORY: Final = 20
"""How many changes of a model can be taken back."""
NEEDED_FOR_S: Final = 3600
"""A version used within this time may be looked at or about to be activated, so it is not pushed out."""
TRYING_S: Final = 60
"""Longer than trying a file takes; if the worker that tries it dies, another does after this."""
SHORT: Final = 12
"""Hex digits of a version that people see and type."""
NAMED: Final = 25
"""As many models as a sentence names: Discord takes no message of over 2,000 characters."""

Origin = Literal["file", "upload", "shell"]

MODELS_KEY, _VERSIONS = f"{PREFIX}weights:models", f"{PREFIX}weights:versions"
_DEFAULT, _USED = f"{PREFIX}weights:default", f"{PREFIX}weights:used"


class Version(Record):
    """A weights file that was brought in. `origin`: found by a worker, uploaded in Discord, or from the shell."""

    model: ModelName
    sha256: Sha256
    size: int
    origin: Origin
    added_by: str
    added_at: float

    @property
    def short(self) -> str:
        return self.sha256[:SHORT]


class Model(Record):
    """A model by name: the version in use, and those before it, the latest last."""

    name: ModelName
    active: Sha256
    history: tuple[Sha256, ...] = ()
    changed_by: str
    changed_at: float


def check_name(name: str) -> str:
    """The same name. Raises ServiceProblem `weights_name` for what can be none, such as a path."""
    if not re.fullmatch(MODEL_NAME, name):
        raise ServiceProblem("weights_name", f"name {name[:80]!r}")
    return name


def check_weights_size(size: int) -> None:
    """Raises ServiceProblem `weights_too_large` for more bytes than a file of weights may have."""
    if size > MAX_WEIGHTS_BYTES:
        raise ServiceProblem("weights_too_large", f"{size} bytes", limit_mb=MAX_WEIGHTS_BYTES // 2**20)


def activated(model: Model | None, name: str, sha256: str, by: str) -> Model:
    """The model with another version in use; what was in use before can be gone back to."""
    history: tuple[str, ...] = model.history if model else ()
    if model is not None and model.active != sha256:
        history = (*history, model.active)[-HISTORY:]
    return Model(name=name, active=sha256, history=history, changed_by=by, changed_at=clock.now())


def rolled_back(model: Model, by: str) -> Model:
    """The model as it was before its last change. Raises ServiceProblem `no_history`."""
    if not model.history:
        raise ServiceProblem("no_history", f"model={model.name}")
    *earlier, last = model.history
    return Model(name=model.name, active=last, history=tuple(earlier), changed_by=by, changed_at=clock.now())


class WeightsStore:
    """Reads and writes the registry. `budget` is in bytes."""

    def __init__(self, redis: Redis, budget: int) -> None:
        self.redis = redis
        self._budget = budget

    # --- models -----------------------------------------------------------------------------------------

    def models(self) -> dict[str, Model]:
        """All models by name, in alphabetical order."""
        found = _records(Model, self.redis.hvals(MODELS_KEY))
        return {model.name: model for model in sorted(found, key=lambda model: model.name)}

    def model(self, name: str) -> Model | None:
        """The model of that name; None if there is none."""
        return read_record(Model, self.redis.hget(MODELS_KEY, name))

    def default(self) -> str | None:
        """The model that draws when no style is asked for; None while nobody has said."""
        data = self.redis.get(_DEFAULT)
        return data.decode(errors="replace") if isinstance(data, bytes) else None

    def set_default(self, name: str) -> None:
        """Raises ServiceProblem `unknown_style` with the names there are."""
        self.known(name)
        self.redis.set(_DEFAULT, name)

    def known(self, name: str) -> Model:
        """The model of that name. Raises ServiceProblem `unknown_style` with the names there are."""
        models = self.models()
        if name not in models:
            if not models:
                raise ServiceProblem("no_style", f"style {name[:80]!r}")
            more = ", …" if len(models) > NAMED else ""
            raise ServiceProblem(
                "unknown_style", f"style {name[:80]!r}", names=", ".join(list(models)[:NAMED]) + more
            )
        return models[name]

    def announce(self, name: str, sha256: str, by: str) -> Model:
        """Make a model known, unless one of that name is; the model as it then stands."""
        model = activated(None, name, sha256, by)
        self.redis.hsetnx(MODELS_KEY, name, model.model_dump_json())
        return self.model(name) or model

    def may_try(self, name: str, by: str) -> bool:
        """Whether this worker is the one to try a file of a name that is not known yet."""
        return bool(self.redis.set(f"{PREFIX}weights:claim:{name}", by, nx=True, ex=TRYING_S))

    def announce_default(self, name: str) -> str:
        """Make a model the default unless there is one; the default as it then stands."""
        self.redis.set(_DEFAULT, name, nx=True)
        return self.default() or name

    # --- versions ---------------------------------------------------------------------------------------

    def versions(self, name: str | None = None) -> list[Version]:
        """The versions there are, of one model or of all, the newest first."""
        found = _records(Version, self.redis.hvals(_VERSIONS))
        kept = [version for version in found if name in (None, version.model)]
        return sorted(kept, key=lambda version: -version.added_at)

    def version(self, name: str | None, sha256: str) -> Version:
        """A model's version by the beginning of its hash; the only one of any model where that is not named.

        Raises ServiceProblem `unknown_version`.
        """
        found = [version for version in self.versions(name) if sha256 and version.sha256.startswith(sha256)]
        if len(found) != 1:
            detail = f"model={(name or '')[:80]!r} version={sha256[:80]!r} found={len(found)}"
            raise ServiceProblem("unknown_version", detail)
        return found[0]

    def put(self, data: bytes, name: str, *, origin: Origin, by: str) -> Version:
        """Keep a file's bytes as a version of a model, which stays on the version that it uses.

        One that is brought in again is the newest again, of whoever brought it in last.
        Raises ServiceProblem `weights_name`, `weights_too_large`, or `weights_full` when what must stay leaves no
        room.
        """
        check_name(name)
        check_weights_size(len(data))
        sha256 = hashlib.sha256(data).hexdigest()
        version = Version(
            model=name, sha256=sha256, size=len(data), origin=origin, added_by=by, added_at=clock.now()
        )

        def add(pipe: Pipeline) -> None:
            versions = _records(Version, pipe.hvals(_VERSIONS))
            kept = bool(pipe.exists(_blob(sha256)))
            victims = [] if kept else self._victims(pipe, versions, len(data))
            pipe.multi()
            if not kept:
                pipe.set(_blob(sha256), data)
            pipe.hset(_VERSIONS, _field(version), version.model_dump_json())
            pipe.zadd(_USED, {sha256: clock.now()})
            for victim in victims:
                pipe.hdel(_VERSIONS, _field(victim))
                pipe.delete(_blob(victim.sha256))
                pipe.zrem(_USED, victim.sha256)

        self.redis.transaction(add, _VERSIONS, MODELS_KEY)
        return version

    def drop(self, version: Version) -> None:
        """Give up a version that turned out to be of no use; one that a model uses, or can go back to, stays."""

        def remove(pipe: Pipeline) -> None:
            models = _records(Model, pipe.hvals(MODELS_KEY))
            versions = _records(Version, pipe.hvals(_VERSIONS))
            if any(version.sha256 in (model.active, *model.history) for model in models):
                return
            pipe.multi()
            pipe.hdel(_VERSIONS, _field(version))
            if not any(v.sha256 == version.sha256 and v.model != version.model for v in versions):
                pipe.delete(_blob(version.sha256))
                pipe.zrem(_USED, version.sha256)

        self.redis.transaction(remove, _VERSIONS, MODELS_KEY)

    def blob(self, sha256: str) -> bytes | None:
        """A version's bytes, as they were put; None when they are gone."""
        data = self.redis.get(_blob(sha256))
        if not isinstance(data, bytes) or hashlib.sha256(data).hexdigest() != sha256:
            return None
        self.redis.zadd(_USED, {sha256: clock.now()}, xx=True)
        return data

    def _victims(self, pipe: Pipeline, versions: list[Version], needed: int) -> list[Version]:
        """The versions to give up so that `needed` bytes more fit the budget."""
        models = _records(Model, pipe.hvals(MODELS_KEY))
        # What is in use, and what the next rollback would use.
        pinned = {sha for model in models for sha in (model.active, *model.history[-1:])}
        sizes = {version.sha256: version.size for version in versions}
        total, gone = sum(sizes.values()) + needed, set[str]()
        before = clock.now() - NEEDED_FOR_S
        found: list[Any] = pipe.zrangebyscore(_USED, "-inf", before)
        for sha256 in (name.decode(errors="replace") for name in found):
            if total <= self._budget:
                break
            if sha256 not in pinned:
                total -= sizes.get(sha256, 0)
                gone.add(sha256)
        if total > self._budget:
            raise ServiceProblem("weights_full", f"{needed} more bytes do not fit {self._budget}")
        return [version for version in versions if version.sha256 in gone]


def set_model(pipe: Pipeline, model: Model) -> None:
    """Add a model's change to a transaction that watches `MODELS_KEY`."""
    pipe.hset(MODELS_KEY, model.name, model.model_dump_json())


def model_in(pipe: Pipeline, name: str) -> Model | None:
    """A model as a transaction that watches `MODELS_KEY` sees it."""
    return read_record(Model, pipe.hget(MODELS_KEY, name))


T = TypeVar("T", bound=Record)


def _records(kind: type[T], values: Iterable[object]) -> list[T]:
    """Those of a hash's values that can be read."""
    return [record for value in values if (record := read_record(kind, value)) is not None]


def _field(version: Version) -> str:
    return f"{version.model}:{version.sha256}"


def _blob(sha256: str) -> str:
    return f"{PREFIX}weights:blob:{sha256}"
