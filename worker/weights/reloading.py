"""A worker's part in a reload: it prepares, votes, commits or aborts, and follows what the registry names.

A thread of its own calls it again and again, while the main thread draws. Where the device has no room for the
old model and the new one, the worker first lets its job end, takes no other until the reload is decided, and goes
back if it is aborted.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from redis.exceptions import RedisError

from jobs.connection import REDIS_FULL
from jobs.registry.reload import Reload, Reloads, Vote
from jobs.registry.weights import SHORT
from jobs.text.sentences import ServiceProblem
from models.weights_file import WeightsError
from worker.queue.work_loop import WorkLoop
from worker.render.engine import Engine, Loaded
from worker.render.weights_source import WeightsSource

_log = logging.getLogger(__name__)

_TICK_S: Final = 0.5
_OPEN_TICK_S: Final = 0.1
"""While a reload is open: others wait for our vote."""
_FOLLOW_S: Final = 2.0
"""Reloads are looked for more often than what else the registry names."""
AGAIN_S: Final = 30.0
"""Until a version that could not be followed is tried again, and until new files are looked for."""


class _Failure(NamedTuple):
    """A version that this worker could not follow, when it last tried by time.monotonic(), and why."""

    sha256: str
    at: float
    reason: str


class Reloader:
    """Knows one reload at a time. `error` says why this worker does not run what the registry names; else empty."""

    def __init__(self, reloads: Reloads, source: WeightsSource, engine: Engine, worker: WorkLoop) -> None:
        self._reloads = reloads
        self._source = source
        self._engine = engine
        self._worker = worker
        self._reload: Reload | None = None
        self._vote = Vote(worker=worker.name)
        self._sent = True
        self._read: bytes | None = None
        self._prepared: Loaded | None = None
        self._taken_out: bytes | None = None
        self._failed: dict[str, _Failure] = {}
        self._follow_at = self._publish_at = 0.0
        self.came_round_at = time.monotonic()
        self.error = ""

    def tick(self) -> float:
        """Do what is due by the clock; seconds until the next call. Raises as `step` does."""
        self.came_round_at = time.monotonic()
        due = self.came_round_at >= self._follow_at
        if self.step(follow=due):
            return _OPEN_TICK_S
        if due:
            self._follow_at = time.monotonic() + _FOLLOW_S
        return _TICK_S

    def step(self, *, follow: bool = True) -> bool:
        """Do what is due. Whether a reload is open, so that it should be called again soon.

        `follow` says whether to look, too, for what the registry names without a reload to this worker.
        Raises redis errors; the next call goes on from there.
        """
        reload = self._reloads.advance()
        if reload is None or self._worker.name not in reload.expected:
            reload = None
        if (reload.id if reload else None) != (self._reload.id if self._reload else None):
            if self._prepared is not None and self._is_in_use(self._prepared):
                self._commit()  # decided, and the next one given, since the last look
            self._abort()  # of a reload that Redis has lost
            self._vote, self._sent = Vote(worker=self._worker.name), True
        self._reload = reload
        if reload is not None and self._work_on(reload):
            return True
        if follow:
            self._follow()
        return False

    def _work_on(self, reload: Reload) -> bool:
        """Whether the reload is open."""
        if not self._sent:
            self._send(reload)
        vote = self._vote
        if reload.phase == "resolving" and not (vote.offered or vote.error):
            self._cast(reload, offered=True, **self._attempt(lambda: {"offer": self._source.offer(reload.model)}))
        elif reload.phase == "preparing" and not (vote.ready or vote.error):
            start = time.perf_counter()
            found = self._attempt(lambda: self._fetch(reload))
            if not found:
                self._engine.make_room()
                if (self._worker.held or not self._engine.fits()) and not self._worker.hold():
                    return True  # its job first
                found = self._attempt(lambda: self._prepare(reload))
            self._cast(reload, ready="error" not in found, took_ms=(time.perf_counter() - start) * 1000, **found)
        elif reload.phase == "committed" and vote.ready and not vote.moved:
            self._commit()
            self._cast(reload, moved=True)
        elif reload.phase == "aborted" and (vote.ready or self._worker.held):  # held: for its job to end first
            self._abort()
            self._vote = vote.model_copy(update={"ready": False})
        return reload.is_open

    def _cast(self, reload: Reload, **changes: object) -> None:
        self._vote, self._sent = self._vote.model_copy(update=changes), False
        _log.info(
            "reload id=%s by=%s model=%s version=%s phase=%s took_ms=%.0f error=%r",
            reload.id,
            reload.by,
            reload.model,
            (reload.target or "")[:SHORT],
            reload.phase,
            self._vote.took_ms,
            self._vote.error,
        )
        self._send(reload)

    def _send(self, reload: Reload) -> None:
        """Send our vote; if Redis does not take it now, the next step sends it again."""
        self._reloads.vote(reload, self._vote)
        self._sent = True
        self._reloads.advance()

    def _attempt(self, work: Callable[[], dict[str, object]]) -> dict[str, object]:
        """What `work` returns, or `error` in words: whatever happens here, the old model serves on."""
        try:
            return work()
        except ServiceProblem as problem:
            return {"error": str(problem)}
        except WeightsError as error:
            return {"error": str(error)}
        except RedisError:
            raise
        except Exception as error:
            _log.exception("reload failed")
            return {"error": f"unexpected {type(error).__name__}; see the worker's log"}

    def _fetch(self, reload: Reload) -> dict[str, object]:
        """Read the version, before the worker is held: a file may take long."""
        assert reload.target is not None  # noqa: S101 a reload is prepared once its target is known
        if self._read is None:
            self._read = self._source.bytes_of(reload.model, reload.target)
        return {}

    def _prepare(self, reload: Reload) -> dict[str, object]:
        data, self._read = self._read, None
        assert data is not None  # noqa: S101 it was fetched
        if self._worker.held:
            self._taken_out = self._engine.take_out(reload.model)
        try:
            self._prepared = self._engine.load(reload.model, data)
        except BaseException:
            self._abort()
            raise
        return {"drained": self._worker.held}

    def _is_in_use(self, loaded: Loaded) -> bool:
        """Whether the registry names this version of its model."""
        model = self._source.store.model(loaded.name)
        return model is not None and model.active == loaded.sha256

    def _commit(self) -> None:
        """Let what was prepared draw from the next job on."""
        if self._prepared is not None:
            self._engine.put(self._prepared)
        self._prepared = self._taken_out = None
        self._worker.release()

    def _abort(self) -> None:
        """Drop what was prepared and draw on with what there was."""
        self._read = self._prepared = None
        if self._taken_out is not None and self._reload is not None:
            try:
                self._engine.put(self._engine.load(self._reload.model, self._taken_out))
            except Exception as error:
                # The memory was there a moment ago; others have it now. A fresh process finds its own way.
                _log.critical("no way back to the old model reason=%r; ending this worker", str(error))
                self._worker.break_off()
        self._taken_out = None
        self._worker.release()

    # --- what the registry names ------------------------------------------------------------------------

    def _follow(self) -> None:
        """Run what the registry names: it may have been changed while this worker was starting, or out of reach."""
        store, models = self._source.store, self._source.store.models()
        for loaded in self._engine.loaded():
            if loaded.name not in models:  # Redis was emptied, or this is the first worker ever
                self._keep(loaded)
            elif models[loaded.name].active != loaded.sha256:
                self._move_to(loaded.name, models[loaded.name].active)
            else:
                self._failed.pop(loaded.name, None)
        default = store.default() or store.announce_default(self._engine.default)
        if default != self._engine.default and default in models:
            active = models[default].active
            warm = any(loaded.name == default for loaded in self._engine.loaded())
            if warm or self._move_to(default, active, default=True):
                self._engine.default = default
                _log.info("default model=%s version=%s", default, active[:SHORT])
        needed = {default, *(loaded.name for loaded in self._engine.loaded())}
        self._failed = {name: failure for name, failure in self._failed.items() if name in needed}
        self.error = "; ".join(failure.reason for failure in self._failed.values())
        if time.monotonic() > self._publish_at:
            self._publish_at = time.monotonic() + AGAIN_S
            self._source.publish_files()

    def _keep(self, loaded: Loaded) -> None:
        if self._has_just_failed(loaded.name, loaded.sha256):
            return
        try:
            self._source.publish(loaded.name, loaded.data)
        except ServiceProblem as problem:
            self._note(loaded.name, loaded.sha256, problem.detail)
        except WeightsError as error:
            self._note(loaded.name, loaded.sha256, str(error))
        except REDIS_FULL:
            self._note(loaded.name, loaded.sha256, "Redis has no memory for it")
        else:
            self._failed.pop(loaded.name, None)

    def _has_just_failed(self, name: str, sha256: str) -> bool:
        failure = self._failed.get(name)
        return failure is not None and failure.sha256 == sha256 and time.monotonic() < failure.at + AGAIN_S

    def _move_to(self, name: str, sha256: str, *, default: bool = False) -> bool:
        """Load a version and let it draw; whether that worked."""
        if self._has_just_failed(name, sha256):
            return False
        start = time.perf_counter()
        try:
            self._engine.make_room()
            self._engine.put(self._engine.load(name, self._source.bytes_of(name, sha256)), default=default)
        except WeightsError as error:
            self._note(name, sha256, str(error))
            return False
        _log.info(
            "followed model=%s version=%s took_ms=%.0f", name, sha256[:SHORT], (time.perf_counter() - start) * 1000
        )
        self._failed.pop(name, None)
        return True

    def _note(self, name: str, sha256: str, reason: str) -> None:
        before = self._failed.get(name)
        if before is None or before.reason != reason:
            _log.error("not on the registry's version model=%s version=%s reason=%r", name, sha256[:SHORT], reason)
        self._failed[name] = _Failure(sha256, time.monotonic(), reason)
