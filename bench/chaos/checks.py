"""The audit: what users got, held to what they asked for."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench.chaos.load import Users
from bench.chaos.observer import Json, Seen, Watcher, is_settled, target_of
from jobs.text.sentences import SENTENCES
from playground.testing import BOT_ID

WRONG: Final = ("lost", "doubled", "stale", "wiped", "left_waiting", "untrue")
UNTRUE: Final = frozenset({"expired", "internal"})
"""What nobody may be told: that a picture waited an hour, in a run that is over before; that something of ours
broke, when what broke was around us."""


@dataclass
class Verdict:
    """What the audit found: how many got a picture, how many which reason, and what is wrong."""

    pictures: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    wiped: list[str] = field(default_factory=list)
    left_waiting: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not any(self.wrong().values())

    def wrong(self) -> dict[str, list[str]]:
        """Each kind of what is wrong, with what was found."""
        return {kind: getattr(self, kind) for kind in WRONG}


def audit(users: Users, watcher: Watcher, state: Json) -> Verdict:
    """Hold what stands in the channels, and what has stood there, to what was asked for.

    Lost: acknowledged, or clicked, and neither picture nor reason. Doubled: more than one message, or more than one
    picture, for one request; or a message for no request. Stale: another picture than the one asked for. Wiped: a
    picture that a sentence has covered. Left waiting: Discord still says "thinking…". Untrue: a reason that
    cannot be.
    """
    verdict = Verdict()
    messages = [m for c in state["messages"].values() for m in c if m["author"]["id"] == BOT_ID]
    by_interaction = _group([m for m in messages if m.get("interaction_id")], lambda m: m["interaction_id"])
    by_target = _group([m for m in messages if not m.get("interaction_id")], target_of)
    requests = [("command", key, asked, by_interaction.pop(key, [])) for key, asked in users.commands.items()]
    requests += [("click", key, asked, by_target.pop(key, [])) for key, asked in users.clicks.items()]
    for kind, key, asked, found in requests:
        name = f"{kind} {key}"
        if not found:
            if not asked.turned_away:
                verdict.lost.append(f"{name}: nothing")
            continue
        if len(found) > 1 or any(len(m["attachments"]) > 1 for m in found):
            verdict.doubled.append(f"{name}: {[m['content'] for m in found]}")
        message = found[0]
        seen = watcher.seen.get(message["id"], Seen())
        if message["loading"]:
            verdict.left_waiting.append(name)
        elif not is_settled(message):
            verdict.lost.append(f"{name}: {message['content']!r}")
        elif message["attachments"]:
            verdict.pictures += 1
        else:
            code = code_of(message["content"])
            verdict.reasons[code] += 1
            if code in UNTRUE:
                verdict.untrue.append(f"{name}: {message['content']!r}")
        wanted = users.references[asked.shape, asked.palette]
        if seen.overwritten:
            verdict.wiped.append(f"{name}: {message['content']!r}, {seen}")
        if seen.pictures - {wanted}:
            verdict.stale.append(f"{name}: {message['content']!r}, {seen}, wanted {wanted}")
    verdict.doubled += [
        f"for nobody: {m['content']!r}" for ms in (*by_interaction.values(), *by_target.values()) for m in ms
    ]
    return verdict


def code_of(content: str) -> str:
    """The code of a sentence in English; the sentence itself where it is none of the registry's."""
    fitting = [code for code, words in SENTENCES.items() if content.startswith(words.split("{")[0])]
    return max(fitting, key=lambda code: len(SENTENCES[code]), default=content[:60])


def _group(messages: list[Json], key: Callable[[Json], str | None]) -> dict[str, list[Json]]:
    groups: dict[str, list[Json]] = {}
    for message in messages:
        groups.setdefault(key(message) or "", []).append(message)
    return groups
