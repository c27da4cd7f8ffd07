"""The table of one run."""

from bench.chaos.checks import Verdict
from bench.chaos.faults import FaultInjector
from bench.chaos.load import Users
from bench.summary import spread


def table(users: Users, faults: FaultInjector, settled: float | None, verdict: Verdict) -> list[tuple[str, str]]:
    """Rows of name and value; `settled` is how many seconds passed until everyone was answered."""
    answers = [
        asked.answered_at - asked.at
        for asked in (*users.commands.values(), *users.clicks.values())
        if asked.answered_at is not None
    ]
    deaths = [
        asked.answered_at - at
        for job, at in faults.after_death
        if (asked := users.commands.get(job) or users.clicks.get(job.split("-")[0])) and asked.answered_at
    ]
    turned_away = sum(asked.turned_away for asked in users.commands.values())
    return [
        ("promised", f"{len(users.commands) - turned_away} commands, {len(users.clicks)} clicks"),
        ("answered", f"{verdict.pictures} with the picture, {verdict.reasons} with a reason"),
        ("turned away by Discord before any promise", str(turned_away)),
        ("broken", ", ".join(f"{name} {count}×" for name, count in sorted(faults.counts.items()))),
        ("answer, seconds", spread(answers)),
        ("answer after the death of its worker, seconds", spread([s for s in deaths if s > 0])),
        ("first picture after Valkey is back, seconds", spread(faults.after_valkey)),
        ("settled after the last fault", "not" if settled is None else f"{settled:.0f} s"),
        ("**lost**", str(len(verdict.lost))),
        ("**duplicated**", str(len(verdict.duplicated))),
        ("**left loading**", str(len(verdict.left_loading))),
        ("**stale**", str(len(verdict.stale))),
    ]
