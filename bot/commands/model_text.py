"""What admins read about models: pure functions from records to text.

Names and reasons may come from files and other machines, so nothing in them can format, ping or flood.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from discord import utils

from glyphcord.escaping import printable
from jobs import clock
from jobs.registry.fleet import WorkerReport
from jobs.registry.reload import Reload, Vote
from jobs.registry.verification import Measures, Verification
from jobs.registry.weights import SHORT, Model, Version

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


def reload_text(reload: Reload, votes: Mapping[str, Vote]) -> str:
    """How far a reload is: a line for all, and a line for each worker."""
    before, target = code((reload.before or "nothing")[:SHORT]), code((reload.target or "?")[:SHORT])
    moved = sum(vote.moved for vote in votes.values())
    count = f"{moved} of {len(reload.expected)} {'worker' if len(reload.expected) == 1 else 'workers'}"
    match reload.phase:
        case "resolving":
            head = f"Looking for a new file of {code(reload.model)}…"
        case "preparing":
            head = f"Changing {code(reload.model)} from version {before} to {target}. Every worker loads it first…"
        case "committed" if not reload.expected:
            head = (
                f"{code(reload.model)} is at version {target}. No worker is running; the next one starts with it."
            )
        case "committed":
            head = f"{code(reload.model)} is at version {target}: {count} {'uses' if moved == 1 else 'use'} it."
            if reload.target == reload.before:
                head += " No worker has a new file of that name, so the version did not change."
        case "aborted":
            head = f"Nothing was changed. {plain(reload.reason)}.\n{code(reload.model)} stays at version {before}."
    return clipped(head, [_worker(reload, name, votes.get(name), before, target) for name in reload.expected])


def _worker(reload: Reload, name: str, vote: Vote | None, before: str, target: str) -> str:
    worker = code(name)
    if vote is not None and vote.error:
        return f"❌ {worker} stays at {before}: {plain(vote.error)}"
    if reload.phase == "aborted":
        return f"↩️ {worker} stays at {before}"
    if vote is None or not (vote.ready or vote.moved):
        return f"⏳ {worker} {'has not answered' if vote is None else 'is loading it'}"
    aside = ", taking no jobs meanwhile: no memory for two models" if vote.drained else ""
    took = f"{vote.took_ms / 1000:.1f} s{aside}"
    return f"✅ {worker} {before} → {target} ({took})" if vote.moved else f"🔄 {worker} is ready ({took})"


def list_text(models: Mapping[str, Model], versions: Iterable[Version], default: str | None) -> str:
    """The models there are: the version in use, where it came from, and what else is kept."""
    kept: dict[str, list[Version]] = {}
    for version in versions:
        kept.setdefault(version.model, []).append(version)
    if not models and not kept:
        return "No model is known yet. Workers publish theirs when they start."
    lines = []
    for name in sorted(models.keys() | kept.keys()):
        model, own = models.get(name), kept.get(name, [])
        if model is None:
            lines.append(f"▫️ {code(name)}: not in use; kept: {_versions(own)}")
            continue
        active = next((version for version in own if version.sha256 == model.active), None)
        since = f", {_where(active)}" if active else ""
        others = [version for version in own if version is not active]
        more = f"; also kept: {_versions(others)}" if others else ""
        star = "⭐" if name == default else "▪️"
        lines.append(f"{star} {code(name)} version {code(model.active[:SHORT])}{since}{more}")
    return clipped("Models (⭐ is the default):", lines)


def status_text(reports: Iterable[WorkerReport], default: str | None) -> str:
    """The workers there are: device, models with versions, memory, jobs done, last error."""
    lines = []
    for report in reports:
        models = ", ".join(f"{code(name)} {code(version)}" for name, version in report.models.items()) or "no model"
        state = (
            "taking no jobs while models change: no memory for two" if report.state == "swapping" else report.state
        )
        line = (
            f"{_STATES.get(report.state, '⚪')} {code(report.name)} on {code(report.device)}: {state} · {models} · "
            f"{report.memory_mb} MB · {report.jobs_done} jobs"
        )
        lines.append(line + (f" · last error: {plain(report.last_error)}" if report.last_error else ""))
    if not lines:
        return "No worker is running."
    return clipped(f"{len(lines)} running; the default model is {code(default or '?')}:", lines)


def verification_text(version: Version, check: Verification) -> str:
    """What a worker found in an uploaded file."""
    title = f"{code(version.model)} version {code(version.short)} ({version.size / 2**20:.1f} MB)"
    if check.error or check.measures is None:
        return f"❌ {title} cannot be used: {plain(check.error)}"
    text = f"✅ {title} draws: {plain(check.description)}.\n{_compared(check.measures, check.now)}"
    if check.now is not None and _is_worse(check.measures, check.now):
        text += "\n⚠️ That is clearly worse than the model in use."
    return f"{text}\nIt isn't live until you press the button."


def _compared(new: Measures, now: Measures | None) -> str:
    def pair(name: str, digits: int) -> str:
        beside = f" (now {getattr(now, name):.{digits}f})" if now else ""
        return f"{getattr(new, name):.{digits}f}{beside}"

    return (
        f"On three photos: similarity {pair('similarity', 2)}, legibility {pair('legibility', 2)}, "
        f"different glyphs {pair('glyphs', 0)}"
        + (f"; in use is {code(now.model)} {code(now.version)}." if now else ".")
    )


def _is_worse(new: Measures, now: Measures) -> bool:
    return new.similarity < CLEARLY_WORSE * now.similarity or new.legibility < CLEARLY_WORSE * now.legibility


def _where(version: Version) -> str:
    who = f" by <@{version.added_by}>" if version.origin == "upload" and version.added_by.isdigit() else ""
    return f"{version.size / 2**20:.1f} MB, {version.origin}{who}, {_ago(clock.now() - version.added_at)}"


def _ago(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"


def _versions(versions: list[Version]) -> str:
    shown = ", ".join(code(version.short) for version in versions[:5])
    return shown + (f" and {len(versions) - 5} more" if len(versions) > 5 else "")


def clipped(head: str, lines: list[str]) -> str:
    """As many of the lines as fit a message, and how many do not."""
    text = head
    for index, line in enumerate(lines):
        if len(text) + len(line) > MESSAGE_LIMIT:
            return f"{text}\n… and {len(lines) - index} more, see the log."
        text = f"{text}\n{line}"
    return text


def code(text: str) -> str:
    """Text that means nothing to Discord, on one line."""
    return f"`{printable(' '.join(text.replace('`', '').split()), 64) or '?'}`"


def plain(text: str) -> str:
    """A reason in words, without what Discord would read into it."""
    words = printable(" ".join(text.split()), 200)
    return utils.escape_mentions(utils.escape_markdown(words).replace("<", "\\<")).rstrip(".")
