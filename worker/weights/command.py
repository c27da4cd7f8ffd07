"""`glyphcord worker weights …`: the registry of weights from the shell, for operators and pipelines.

Stands here and not in `models`, which is a library that knows neither Redis nor the service; `glyphcord weights`
has what needs only files. What can be told and the exit codes: worker.weights.arguments.
"""

import argparse
import getpass
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from glyphcord.escaping import say, say_error
from glyphcord.exit_codes import FAILED, UNUSABLE
from jobs import clock
from jobs.connection import connect
from jobs.redis_url import refusal, without_password
from jobs.registry import audit
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads, Vote
from jobs.registry.weights import SHORT, WeightsStore
from jobs.setting_errors import UnusableSettings, read_settings
from jobs.settings import RegistrySettings
from jobs.text.sentences import ServiceProblem

WAIT_S: Final = 90.0
POLL_S: Final = 0.2


Run = Callable[[argparse.Namespace, Redis, WeightsStore], int]


def carry_out(options: argparse.Namespace) -> int:
    """Run one command; the exit code."""
    try:
        settings = read_settings(RegistrySettings)
    except UnusableSettings as error:
        return _refuse(str(error), UNUSABLE)
    try:
        with connect(settings.redis_url) as redis:
            if options.weights != "verify":  # which needs no Redis
                clock.follow(redis)
            return COMMANDS[options.weights](
                options, redis, WeightsStore(redis, settings.weights_budget_mb * 2**20)
            )
    except ServiceProblem as problem:
        return _refuse(f"{problem} ({problem.detail})" if problem.detail else str(problem))
    except AuthenticationError:
        return _refuse(refusal(settings.redis_url))
    except RedisError as error:
        return _refuse(f"Redis at {without_password(settings.redis_url)} does not answer: {error}")


def _list(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    default, kept, models = store.default(), store.versions(), store.models()
    for name in sorted(models.keys() | {version.model for version in kept}):
        model = models.get(name)
        say(f"{name}{' (default)' if name == default else ''}{'' if model else ' (not in use)'}")
        for version in (version for version in kept if version.model == name):
            mark = "*" if model and version.sha256 == model.active else " "
            added = time.strftime("%Y-%m-%d %H:%M", time.gmtime(version.added_at))
            say(f"  {mark} {version.short} {version.size / 2**20:5.1f} MB  {version.origin} {added} UTC")
    return 0


def _verify(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    return 0 if _verified(options.file) is not None else 1


def _publish(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    data = _verified(options.file)
    if data is None:
        return 1
    name = options.name or options.file.stem
    version = store.put(data, name, origin="shell", by=getpass.getuser())
    model = store.announce(name, version.sha256, getpass.getuser())
    audit.record(redis, getpass.getuser(), "weights publish", f"model={name} version={version.short}")
    if model.active == version.sha256:
        say(f"{name} is at version {version.short}")
    else:
        activate = f"glyphcord worker weights activate {name} {version.short}"
        say(f"stored; {model.active[:SHORT]} is in use. To activate: {activate}")
    return 0


def _activate(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    newest = next((version.sha256 for version in store.versions(options.name)), "")
    return _change(redis, store, options.name, version=options.version or newest)


def _rollback(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    return _change(redis, store, options.name, back=True)


def _default(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    store.set_default(options.name)
    audit.record(redis, getpass.getuser(), "weights default", f"model={options.name}")
    say(f"{options.name} is the default model")
    return 0


def _audit(options: argparse.Namespace, redis: Redis, store: WeightsStore) -> int:
    for entry in audit.entries(redis):
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(entry.at))
        say(f"{at} UTC  {entry.by}  {entry.action}  {'' if entry.allowed else 'REFUSED '}{entry.detail}")
    return 0


def _change(redis: Redis, store: WeightsStore, name: str, *, version: str | None = None, back: bool = False) -> int:
    """Start a change and print each worker's vote as it comes."""
    by, reloads = getpass.getuser(), Reloads(redis, store, Fleet(redis))
    reload = reloads.begin(name, by, version=version, back=back)
    audit.record(redis, by, "weights rollback" if back else "weights activate", f"model={name} version={version}")
    until, printed = time.monotonic() + WAIT_S, set[str]()
    while True:
        reload, votes, over = reloads.status(reload)
        for line in (_line(votes[worker]) for worker in reload.expected if worker in votes):
            if line and line not in printed:
                printed.add(line)
                say(line)
        if over or time.monotonic() > until:
            break
        time.sleep(POLL_S)
    if reload.phase == "aborted":
        return _refuse(f"nothing was changed: {reload.reason}")
    if reload.phase == "committed" and over:
        say(f"{reload.model}: {(reload.before or 'nothing')[:SHORT]} -> {(reload.target or '')[:SHORT]}")
        return 0
    return _refuse("not every worker has answered; `glyphcord worker weights list` shows what is in use")


def _line(vote: Vote) -> str:
    if vote.error:
        return f"{vote.worker}: {vote.error}"
    if not (vote.ready or vote.moved):
        return ""
    return f"{vote.worker}: {'moved' if vote.moved else 'ready'} ({vote.took_ms / 1000:.1f} s)"


def _verified(path: Path) -> bytes | None:
    """A file's bytes once it is verified; None, with the reason on stderr, when it cannot be used."""
    # Imported only now: the other commands need no torch.
    from models.quality.self_test import self_test  # noqa: PLC0415
    from models.rendering.renderer import Renderer  # noqa: PLC0415
    from models.weights_file import WeightsError, read_bytes, read_weights  # noqa: PLC0415

    try:
        data = read_bytes(path)
        renderer = Renderer(read_weights(data, path.stem))
        found = self_test(renderer)
    except WeightsError as error:
        _refuse(str(error))
        return None
    say(
        f"{path.name}: version {renderer.version}, similarity {found.similarity:.2f}, legibility "
        f"{found.legibility:.2f}, different glyphs {found.glyphs:.0f}"
    )
    return data


COMMANDS: Final[dict[str, Run]] = {
    "list": _list,
    "verify": _verify,
    "publish": _publish,
    "activate": _activate,
    "rollback": _rollback,
    "default": _default,
    "audit": _audit,
}
"""What each of worker.weights.arguments' commands does."""


def _refuse(reason: str, code: int = FAILED) -> int:
    say_error(f"weights: {reason}")
    return code
