"""What of a step becomes the arguments of a call: where, and what is expected of a message."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from playground.recording.source import shortened
from playground.recording.stable import Look, expected_of
from playground.recording.steps import Step
from playground.state import seed
from playground.types import Json

PEOPLE: Final = {seed.ADA_ID: "ada", seed.MOD_ID: "mod", seed.MIA_ID: "mia", seed.SAM_ID: "sam"}
PLACES: Final = {channel.id: channel.name for channel in seed.CHANNELS.values()} | {
    direct.id: "dm" for direct in seed.DIRECTS.values() if seed.BOT_ID in direct.people
}
DEFERRED_UPDATE: Final = 6


def expecting(message: Json, more: Mapping[str, Any] | None = None) -> tuple[list[Any], dict[str, Any]]:
    """What is stable of a message, as arguments."""
    look = expected_of(message)
    named = {field.name: getattr(look, field.name) for field in fields(Look)}
    content = named.pop("content")
    if named["texts"]:
        named["texts"] = [shortened(text) for text in named["texts"]]
    given = {key: value for key, value in {**named, **(more or {})}.items() if value is not None}
    return ([shortened(content)] if content else []), given


def place_of(channel_id: str) -> str | None:
    """A channel or thread by its name: one that was made in the session has another id in the next."""
    place = PLACES.get(channel_id)
    if place is None:
        found = seed.place(channel_id)
        place = channel_id if found is None or isinstance(found, seed.Direct) else found.name
    return None if place == "ascii" else place


def where_of(message: Json) -> dict[str, str | None]:
    """Channel and person, by which a message is looked for: "dm" is the person's conversation with the bot."""
    direct = seed.DIRECTS.get(message["channel_id"])
    whose = next((PEOPLE.get(one, one) for one in direct.people if one != seed.BOT_ID), None) if direct else None
    return {"channel": place_of(message["channel_id"]), "person": None if whose == "mia" else whose}


def replies_to(message: Json, target_id: str | None) -> bool:
    return (message.get("message_reference") or {}).get("message_id") == target_id


def main_of(step: Step, came: Mapping[str, Json]) -> str | None:
    """The message that the plugin's call returns: the answer, or where there is none any more, a follow-up."""
    answer = str(step.interaction.get("response_message_id"))
    followups = [id_ for id_ in step.interaction.get("followup_ids", ()) if id_ in came]
    changed = answer in came and not came[answer]["loading"]
    if changed and followups and step.interaction.get("response_type") == DEFERRED_UPDATE:
        return None  # either may be first, so that both are waited for by themselves
    if changed:
        return answer
    return followups[-1] if followups else None
