"""People on a server, and what they see: what the pytest fixture `playground` is."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playground.recording.stable import Look, fields_of, look_of
from playground.state.seed import ADA_ID, BOT_ID, DIRECTS, MIA_ID, MOD_ID, SAM_ID
from playground.testing.client import PINK_HEART, Controls, File
from playground.testing.process import PlaygroundProcess
from playground.testing.seen import POLL_S, Seen
from playground.types import Json

PEOPLE = {"ada": ADA_ID, "mod": MOD_ID, "mia": MIA_ID, "sam": SAM_ID}
TIMEOUT_S = 30.0
FORM = 9


class Scene:
    """`person` is ada (admin), mod, mia, sam or an id; `channel` is a channel's name, "dm" (of the person with the
    bot) or an id. Waiting ends in TimeoutError, a mistake in playground.testing.Refused. With `answer=False`
    nothing is waited for, and what is returned is empty."""

    def __init__(self, process: PlaygroundProcess, *, timeout: float = TIMEOUT_S) -> None:
        self.process = process
        self.controls: Controls = process.controls
        self.url = process.url
        self.timeout = timeout
        self._known: set[str] = set()

    def environment(self) -> dict[str, str]:
        """Settings for the bot's process: DISCORD_TOKEN, DISCORD_API_BASE, DISCORD_GATEWAY_URL, …"""
        return self.process.environment()

    def wait_for_bot(self, timeout: float | None = None) -> None:
        """Until a bot is connected and has registered commands."""
        self.controls.wait_for_bot(self._patience(timeout))

    def slash(
        self,
        command: str,
        *,
        person: str = "mia",
        channel: str = "ascii",
        form: Mapping[str, Any] | None = None,
        answer: bool = True,
        timeout: float | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Seen:
        """Use a command and wait for its answer. Its options are keywords (or in `options`, where a name is no
        keyword); a Path or (name, bytes, type) is uploaded. `form` fills in the form that it opens."""
        given = {**(options or {}), **more}
        files, plain = _apart(given)
        where = self._place(channel, person)
        self._look_around()
        used = self.controls.slash(command, plain, files=files, user=_id(person), channel=where)
        return self._outcome(used, None, form, answer, timeout)

    def menu(
        self,
        command: str,
        target: Seen | str,
        *,
        person: str = "mia",
        channel: str = "ascii",
        form: Mapping[str, Any] | None = None,
        answer: bool = True,
        timeout: float | None = None,
    ) -> Seen:
        """Use a command of a message's menu (Apps), or with a person's name of theirs."""
        where = target.raw["channel_id"] if isinstance(target, Seen) else self._place(channel, person)
        on = target.id if isinstance(target, Seen) else _id(target)
        self._look_around()
        used = self.controls.slash(command, user=_id(person), channel=where, target=on)
        return self._outcome(used, None, form, answer, timeout)

    def message(
        self,
        content: str = "",
        *,
        person: str = "mia",
        channel: str = "ascii",
        files: Mapping[str, File] | Sequence[File] | None = None,
        reply_to: Seen | None = None,
        forward: Seen | None = None,
        embeds: list[Json] | None = None,
        components: list[Json] | None = None,
    ) -> Seen:
        """Somebody writes."""
        if files is not None and not isinstance(files, Mapping):
            files = {f"file{n}": file for n, file in enumerate(files)}
        where = self._place(channel, person)
        self._look_around()
        wanted = self.controls.message(
            content,
            files=files,
            user=_id(person),
            channel=where,
            reply_to=None if reply_to is None else reply_to.id,
            forward=None if forward is None else forward.id,
            embeds=embeds,
            components=components,
        )
        return next(message for message in self.messages(where) if message.id == wanted)

    def react(
        self,
        message: Seen,
        emoji: str = PINK_HEART,
        *,
        person: str = "mia",
        answer: bool = True,
        timeout: float | None = None,
    ) -> Seen:
        """React, and wait for the message that the bot replies with."""
        before = self._look_around()
        self.controls.react(message.id, emoji, user=_id(person))
        if not answer:
            return self._empty()

        def reply() -> Seen | None:
            new = (one for one in self.messages(message.raw["channel_id"]) if one.id not in before)
            return next((one for one in new if not one.raw["loading"] and _replied_to(one) == message.id), None)

        return self._met(self.controls.wait_for(reply, self._patience(timeout)))

    def click(
        self,
        message: Seen,
        button: str | int,
        *,
        values: list[str] | None = None,
        person: str = "mia",
        form: Mapping[str, Any] | None = None,
        answer: bool = True,
        timeout: float | None = None,
    ) -> Seen:
        """Press a button by its label, emoji, custom_id or number, or choose `values` in a select menu (by its
        placeholder, …), and wait for what comes of it: a new message, or the same one changed. `form` fills in the
        form that it opens, by labels. Raises LookupError when there is none such."""
        message = message.now()
        component = message.component(button)
        self._look_around()
        used = self.controls.click(message.id, component["custom_id"], values=values, user=_id(person))
        return self._outcome(used, message, form, answer, timeout)

    def next(
        self,
        content: str | None = None,
        *,
        channel: str = "ascii",
        person: str = "mia",
        timeout: float | None = None,
        **look: Any,
    ) -> Seen:
        """The bot's next message that looks so (as in `Seen.shows`): one that came after the last thing done here
        and that nothing has returned yet. Raises AssertionError that says what came instead."""

        def is_new(message: Seen) -> bool:
            return message.id not in self._known and message.raw["author"]["id"] == BOT_ID

        place = self._place(channel, person)
        return self._met(self._wait_to_see(Look(content, **look), place, is_new, timeout)[0])

    def find(
        self,
        content: str | None = None,
        *,
        channel: str = "ascii",
        person: str = "mia",
        timeout: float | None = None,
        **look: Any,
    ) -> Seen:
        """A message that looks so, whenever it came: the newest. Raises AssertionError."""
        place = self._place(channel, person)
        return self._wait_to_see(Look(content, **look), place, lambda _: True, timeout)[-1]

    def messages(self, channel: str = "ascii") -> list[Seen]:
        """All messages of a channel, oldest first, other people's ephemeral ones included."""
        there = self.controls.messages(self._place(channel, "mia"))
        return [Seen(message, self.controls, self.timeout) for message in there]

    def _wait_to_see(
        self, wanted: Look, channel: str, counts: Callable[[Seen], bool], timeout: float | None
    ) -> list[Seen]:
        ends = time.monotonic() + self._patience(timeout)
        while True:
            there = [m for m in self.messages(channel) if counts(m) and not m.raw["loading"]]
            looks = [(wanted.differences(look_of(message.raw)), message) for message in there]
            if fitting := [message for differences, message in looks if not differences]:
                return fitting
            if time.monotonic() > ends:
                instead = " / ".join("; ".join(differences) for differences, _ in looks) or "there is none"
                raise AssertionError(f"no such message: {instead}")
            time.sleep(POLL_S)

    def _outcome(
        self, used: Json, clicked: Seen | None, form: Mapping[str, Any] | None, answer: bool, timeout: float | None
    ) -> Seen:
        """What comes of an interaction, and of the form that it opens."""
        if form is not None:
            used = self._fill(used, form, self._patience(timeout))
        if not answer:
            return self._empty()
        if clicked is not None:
            changed = self.controls.wait_for(lambda: self._came(used, clicked), self._patience(timeout))
            interaction = self.controls.interaction(used["interaction_id"])
            if changed in interaction["followup_ids"]:
                return self._met(next(one for one in self.messages(used["channel_id"]) if one.id == changed))
        return self._met(self._seen(self.controls.wait_for_answer(used, self._patience(timeout))))

    def _came(self, used: Json, clicked: Seen) -> str | None:
        """The id of the message that came of a click: a new one, the clicked one changed, or a follow-up."""
        interaction = self.controls.interaction(used["interaction_id"])
        answer: str | None = interaction["response_message_id"]
        if answer != clicked.id or clicked.now().raw["edits"] != clicked.raw["edits"]:
            return answer
        return next(reversed(interaction["followup_ids"]), None)

    def _fill(self, used: Json, form: Mapping[str, Any], timeout: float) -> Json:
        """Send in the form that an interaction opens, its fields by label or custom_id."""

        def opened() -> Json | None:
            interaction = self.controls.interaction(used["interaction_id"])
            return interaction if interaction["response_type"] == FORM else None

        fields = fields_of(self.controls.wait_for(opened, timeout)["response_data"]["components"])
        names = {label: field["custom_id"] for label, field in fields}
        if odd := set(form) - set(names) - set(names.values()):
            raise LookupError(f"the form has no field {sorted(odd)}; it has {list(names)}")
        files, plain = _apart({names.get(name, name): value for name, value in form.items()})
        return self.controls.modal(used["interaction_id"], plain, files=files)

    def _look_around(self) -> set[str]:
        """Note all messages there are, so that what comes next is told from them."""
        everything = self.controls.state()["messages"]
        self._known |= {message["id"] for there in everything.values() for message in there}
        return set(self._known)

    def _seen(self, message: Json) -> Seen:
        return Seen(message, self.controls, self.timeout)

    def _met(self, message: Seen) -> Seen:
        self._known.add(message.id)
        return message

    def _empty(self) -> Seen:
        return self._seen({})

    def _place(self, name: str, person: str) -> str:
        """The id of a channel that is named, or of the person's conversation with the bot."""
        if name == "dm":
            return next(one.id for one in DIRECTS.values() if set(one.people) == {_id(person), BOT_ID})
        if name.isdecimal():
            return name
        state = self.controls.state()
        known = {place["name"]: str(place["id"]) for place in [*state["threads"], *state["channels"]]}
        if name not in known:
            raise LookupError(f"there is no channel {name!r}; there are {sorted(known)}")
        return known[name]

    def _patience(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else timeout


def _apart(given: Mapping[str, Any]) -> tuple[dict[str, File | list[File]], dict[str, Any]]:
    """Files (a list of them for a form's field), and what is no file."""
    files = {name: value for name, value in given.items() if _is_file(value)}
    return files, {name: value for name, value in given.items() if name not in files}


def _is_file(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_file, value))
    return isinstance(value, (Path, tuple))


def _replied_to(message: Seen) -> str | None:
    reference: Json = message.raw.get("message_reference") or {}
    return reference.get("message_id")


def _id(person: str) -> str:
    return PEOPLE.get(person, person)
