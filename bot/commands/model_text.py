"""What admins read about models, each in their language: pure functions from records to text.

What a worker or a file says of itself, such as the reason of a failure, stays in English, as in the log.

Names and reasons may come from files and other machines, so nothing in them can format, ping or flood.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from discord import utils

from bot.commands.settings_text import MORE
from glyphcord.escaping import printable
from jobs.registry.fleet import WorkerReport
from jobs.registry.reload import Reload, Vote
from jobs.registry.verification import Measures, Verification
from jobs.registry.weights import SHORT, Model, Version
from jobs.text.translation import translate, translate_count

MESSAGE_LIMIT: Final = 1900
"""Characters, safely under Discord's 2,000."""
CLEARLY_WORSE: Final = 0.8
"""A measure below this share of what is in use is pointed out."""

_STATES: Final = {
    "idle": "🟢",
    "busy": "🟢",
    "degraded": "🔴",
    "stopping": "⚪",
    "swapping": "🟡",
    "suspended": "🟡",
}
STATES: Final = {
    "idle": "idle",
    "busy": "busy",
    "degraded": "degraded",
    "stopping": "stopping",
    "swapping": "taking no jobs while models change: no memory for two",
    "suspended": "suspended",
}

RESOLVING: Final = "Looking for a new file of {model}…"
PREPARING: Final = "Changing {model} from version {before} to {target}. Every worker loads it first…"
ALONE: Final = "{model} is at version {target}. No worker is running; the next one starts with it."
ONE_USES: Final = "{model} is at version {target}: {moved} of {count} worker uses it."
MANY_USE: Final = "{model} is at version {target}: {moved} of {count} workers use it."
SAME_VERSION: Final = "No worker has a new file of that name, so the version did not change."
ABORTED: Final = "Nothing was changed. {reason}.\n{model} stays at version {before}."
STAYS_FOR: Final = "{worker} stays at {before}: {reason}"
STAYS: Final = "{worker} stays at {before}"
SILENT: Final = "{worker} has not answered"
LOADING: Final = "{worker} is loading it"
READY: Final = "{worker} is ready ({took})"
ASIDE: Final = "taking no jobs meanwhile: no memory for two models"

NO_MODELS: Final = "No model is known yet. Workers publish theirs when they start."
UNUSED: Final = "{model}: not in use; kept: {versions}"
IN_USE: Final = "{model} version {version}"
ALSO_KEPT: Final = "also kept: {versions}"
MODELS: Final = "Models (⭐ is the default):"
AND_MORE: Final = "… and {count} more, see the log."

NO_MODEL: Final = "no model"
WORKER: Final = "{worker} on {device}: {state} · {models} · {memory} MB · jobs: {jobs}"
LAST_ERROR: Final = "last error: {reason}"
NO_WORKERS: Final = "No worker is running."
RUNNING: Final = "Running: {count}; the default model is {model}."

CANNOT: Final = "{version} cannot be used: {reason}"
UNTRIED: Final = "{version} is stored but could not be verified: {reason}"
DRAWS: Final = "{version} draws: {description}."
COMPARED: Final = "On three photos: similarity {similarity}, legibility {legibility}, different glyphs {glyphs}."
BESIDE: Final = "{value} (now {now})"
NOW: Final = "In use is {version}."
WORSE: Final = "That is clearly worse than the model in use."
NOT_LIVE: Final = "It isn't live until you press the button."
NOT_VERIFIED: Final = "No worker has verified it. Is one running?"


def reload_text(reload: Reload, votes: Mapping[str, Vote], reader: str) -> str:
    """How far a reload is: a line for all, and a line for each worker."""
    before, target = _versions_of(reload)
    facts = {"model": code(reload.model), "before": before, "target": target}
    match reload.phase:
        case "resolving":
            head = translate(RESOLVING, reader, **facts)
        case "preparing":
            head = translate(PREPARING, reader, **facts)
        case "committed" if not reload.expected:
            head = translate(ALONE, reader, **facts)
        case "committed":
            moved = sum(vote.moved for vote in votes.values())
            head = translate_count(ONE_USES, MANY_USE, len(reload.expected), reader, moved=moved, **facts)
            if reload.target == reload.before:
                head += " " + translate(SAME_VERSION, reader)
        case "aborted":
            head = translate(ABORTED, reader, reason=plain(reload.reason), **facts)
    lines = [_worker(reload, name, votes.get(name), reader) for name in reload.expected]
    return clipped(head, lines, reader)


def _versions_of(reload: Reload) -> tuple[str, str]:
    return code((reload.before or "–")[:SHORT]), code((reload.target or "?")[:SHORT])


def _worker(reload: Reload, name: str, vote: Vote | None, reader: str) -> str:
    worker, (before, target) = code(name), _versions_of(reload)
    if vote is not None and vote.error:
        return "❌ " + translate(STAYS_FOR, reader, worker=worker, before=before, reason=plain(vote.error))
    if reload.phase == "aborted":
        return "↩️ " + translate(STAYS, reader, worker=worker, before=before)
    if vote is None or not (vote.ready or vote.moved):
        return "⏳ " + translate(SILENT if vote is None else LOADING, reader, worker=worker)
    took = translate("{number} s", reader, number=f"{vote.took_ms / 1000:.1f}")
    took += f", {translate(ASIDE, reader)}" if vote.drained else ""
    if vote.moved:
        return f"✅ {worker} {before} → {target} ({took})"
    return "🔄 " + translate(READY, reader, worker=worker, took=took)


def list_text(models: Mapping[str, Model], versions: Iterable[Version], default: str | None, reader: str) -> str:
    """The models there are: the version in use, where it came from, and what else is kept."""
    kept: dict[str, list[Version]] = {}
    for version in versions:
        kept.setdefault(version.model, []).append(version)
    if not models and not kept:
        return translate(NO_MODELS, reader)
    lines = []
    for name in sorted(models.keys() | kept.keys()):
        model, own = models.get(name), kept.get(name, [])
        if model is None:
            lines.append("▫️ " + translate(UNUSED, reader, model=code(name), versions=_versions(own, reader)))
            continue
        active = next((version for version in own if version.sha256 == model.active), None)
        since = f", {_where(active)}" if active else ""
        others = [version for version in own if version is not active]
        more = f"; {translate(ALSO_KEPT, reader, versions=_versions(others, reader))}" if others else ""
        star = "⭐" if name == default else "▪️"
        used = translate(IN_USE, reader, model=code(name), version=code(model.active[:SHORT]))
        lines.append(f"{star} {used}{since}{more}")
    return clipped(translate(MODELS, reader), lines, reader)


def status_text(reports: Iterable[WorkerReport], default: str | None, reader: str) -> str:
    """The workers there are: device, models with versions, memory, jobs done, last error."""
    lines = []
    for report in reports:
        models = ", ".join(f"{code(name)} {code(version)}" for name, version in report.models.items())
        line = translate(
            WORKER,
            reader,
            worker=code(report.name),
            device=code(report.device),
            state=translate(STATES[report.state], reader) if report.state in STATES else plain(report.state),
            models=models or translate(NO_MODEL, reader),
            memory=report.memory_mb,
            jobs=report.jobs_done,
        )
        failed = f" · {translate(LAST_ERROR, reader, reason=plain(report.last_error))}" if report.last_error else ""
        lines.append(f"{_STATES.get(report.state, '⚪')} {line}{failed}")
    if not lines:
        return translate(NO_WORKERS, reader)
    return clipped(translate(RUNNING, reader, count=len(lines), model=code(default or "?")), lines, reader)


def verification_text(version: Version, check: Verification, reader: str) -> str:
    """What a worker found in an uploaded file."""
    used = translate(IN_USE, reader, model=code(version.model), version=code(version.short))
    title = f"{used} ({version.size / 2**20:.1f} MB)"
    if check.error and not check.refused:
        return "⚠️ " + translate(UNTRIED, reader, version=title, reason=plain(check.error))
    if check.error or check.measures is None:
        return "❌ " + translate(CANNOT, reader, version=title, reason=plain(check.error))
    text = "✅ " + translate(DRAWS, reader, version=title, description=plain(check.description))
    text += f"\n{_compared(check.measures, check.now, reader)}"
    if check.now is not None and _is_worse(check.measures, check.now):
        text += f"\n⚠️ {translate(WORSE, reader)}"
    return f"{text}\n{translate(NOT_LIVE, reader)}"


def _compared(new: Measures, now: Measures | None, reader: str) -> str:
    def pair(name: str, digits: int) -> str:
        value = f"{getattr(new, name):.{digits}f}"
        if now is None:
            return value
        return translate(BESIDE, reader, value=value, now=f"{getattr(now, name):.{digits}f}")

    measures = {
        "similarity": pair("similarity", 2),
        "legibility": pair("legibility", 2),
        "glyphs": pair("glyphs", 0),
    }
    text = translate(COMPARED, reader, **measures)
    if now is None:
        return text
    used = translate(IN_USE, reader, model=code(now.model), version=code(now.version))
    return f"{text} {translate(NOW, reader, version=used)}"


def _is_worse(new: Measures, now: Measures) -> bool:
    return new.similarity < CLEARLY_WORSE * now.similarity or new.legibility < CLEARLY_WORSE * now.legibility


def _where(version: Version) -> str:
    """Its size, where it came from, and when, which Discord tells each reader in their language."""
    who = f" <@{version.added_by}>" if version.origin == "upload" and version.added_by.isdigit() else ""
    return f"{version.size / 2**20:.1f} MB, {version.origin}{who}, <t:{int(version.added_at)}:R>"


def _versions(versions: list[Version], reader: str) -> str:
    shown = ", ".join(code(version.short) for version in versions[:5])
    return translate(MORE, reader, list=shown, count=len(versions) - 5) if len(versions) > 5 else shown


def clipped(head: str, lines: list[str], reader: str) -> str:
    """As many of the lines as fit a message, and how many do not."""
    text = head
    for index, line in enumerate(lines):
        if len(text) + len(line) > MESSAGE_LIMIT:
            return f"{text}\n{translate(AND_MORE, reader, count=len(lines) - index)}"
        text = f"{text}\n{line}"
    return text


def code(text: str) -> str:
    """Text that means nothing to Discord, on one line."""
    return f"`{printable(' '.join(text.replace('`', '').split()), 64) or '?'}`"


def plain(text: str) -> str:
    """A reason in words, without what Discord would read into it."""
    words = printable(" ".join(text.split()), 200)
    return utils.escape_mentions(utils.escape_markdown(words).replace("<", "\\<")).rstrip(".")
