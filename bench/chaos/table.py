"""The table of one run."""

from bench.chaos.checks import Verdict
from bench.chaos.faults.lanes import Faults
from bench.chaos.faults.scene import Scene
from bench.summary import spread

HEADINGS = {
    "lost": "lost",
    "doubled": "doubled",
    "stale": "stale (another picture)",
    "wiped": "wiped pictures",
    "left_waiting": "left waiting",
    "untrue": "told what cannot be true",
}


def table(scene: Scene, faults: Faults, settled: float | None, verdict: Verdict) -> list[tuple[str, str]]:
    """Rows of name and value; `settled` is how many seconds passed until everyone was answered."""
    users = scene.users
    everyone = (*users.commands.values(), *users.clicks.values())
    answers = [asked.answered_at - asked.at for asked in everyone if asked.answered_at is not None]
    deaths = [
        asked.answered_at - at
        for job, at in scene.after_death
        if (asked := users.commands.get(job) or users.clicks.get(job.split("-")[0])) and asked.answered_at
    ]
    turned_away = sum(asked.turned_away for asked in users.commands.values())
    reasons = ", ".join(f"{code} {count}" for code, count in verdict.reasons.most_common()) or "none"
    rows = [
        ("jobs", f"{len(users.commands) - turned_away} commands, {len(users.clicks)} clicks"),
        ("ended with the picture", str(verdict.pictures)),
        (f"ended with a reason: {verdict.reasons.total()}", reasons),
        ("turned away by Discord before any acknowledgement", str(turned_away)),
    ]
    for lane in faults.lanes:
        happened = [f"{fault} {scene.counts[fault]}×" for fault in lane.names() if scene.counts[fault]]
        rows.append((f"faults: {lane.name}", ", ".join(happened) or "none"))
    rows += [
        ("faults that did not happen", ", ".join(faults.missing()) or "none"),
        ("answer, seconds", spread(answers)),
        ("answer after the death of its worker, seconds", spread([s for s in deaths if s > 0])),
        ("first picture after Valkey is back, seconds", spread(scene.after_valkey)),
        ("commands that found no bot: until one heard again, seconds", spread(users.deaf)),
        ("every bot back after the gateway is, seconds", spread(scene.after_gateway)),
        ("settled after the last fault", "not" if settled is None else f"{settled:.0f} s"),
    ]
    return rows + [(f"**{HEADINGS[kind]}**", str(len(found))) for kind, found in verdict.wrong().items()]
