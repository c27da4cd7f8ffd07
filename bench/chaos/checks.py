"""The audit: what users got, held to what they asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.chaos.load import Users
from bench.chaos.observer import Json, Seen, Watcher, is_settled, target_of
from playground.testing import BOT_ID


@dataclass
class Verdict:
    """What the audit found."""

    pictures: int = 0
    reasons: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    left_loading: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicated or self.left_loading or self.stale)


def audit(users: Users, watcher: Watcher, state: Json) -> Verdict:
    """Hold what stands in the channels, and what has stood there, to what was asked for.

    Lost: acknowledged, or clicked, and neither picture nor reason. Duplicated: more than one message, or more than
    one picture, for one request; or a message for no request. Stale: another picture than the one asked for, or a
    picture that a sentence has covered.
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
            verdict.duplicated.append(f"{name}: {[m['content'] for m in found]}")
        message = found[0]
        seen = watcher.seen.get(message["id"], Seen())
        if message["loading"]:
            verdict.left_loading.append(name)
        elif not is_settled(message):
            verdict.lost.append(f"{name}: {message['content']!r}")
        elif message["attachments"]:
            verdict.pictures += 1
        else:
            verdict.reasons += 1
        wanted = users.references[asked.shape, asked.palette]
        if seen.overwritten or seen.pictures - {wanted}:
            verdict.stale.append(f"{name}: {message['content']!r}, {seen}, wanted {wanted}")
    verdict.duplicated += [
        f"for nobody: {m['content']!r}" for ms in (*by_interaction.values(), *by_target.values()) for m in ms
    ]
    return verdict


def _group(messages: list[Json], key: Callable[[Json], str | None]) -> dict[str, list[Json]]:
    groups: dict[str, list[Json]] = {}
    for message in messages:
        groups.setdefault(key(message) or "", []).append(message)
    return groups
