"""Steps as lines of a test in terms of the plugin."""

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any, Final

from playground.recording.arguments import PEOPLE, expecting, main_of, place_of, replies_to, where_of
from playground.recording.source import WIDTH, Raw, call, count_variables, is_name, renamed
from playground.recording.stable import fields_of, name_among
from playground.recording.steps import Step
from playground.request_body import Upload
from playground.rules.components import FILE_UPLOAD
from playground.state import seed
from playground.state.files import safe_filename
from playground.state.message import REPLY
from playground.types import Json

NAMES_OF_IDS: Final = {
    getattr(seed, name): name
    for name in (
        *("ADA_ID", "MOD_ID", "MIA_ID", "SAM_ID", "BOT_ID", "ADMIN_ROLE", "MODERATOR_ROLE"),
        *("ASCII_CHANNEL", "GENERAL_CHANNEL"),
    )
}
RESERVED: Final = {"command", "person", "channel", "timeout", "form", "options", "answer", "self"}
"""What `playground.slash` takes beside the command's own options."""
READ_BY_PYTHON: Final = (".py", ".pyc", ".pyd", ".so", ".ini", ".toml", ".cfg")
"""Endings of files that Python or pytest would take for modules, tests or settings where they lie beside a test."""


class Writer:
    """Turns steps into lines. What it needs from elsewhere (files, imports) it notes on the way."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.files: dict[str, bytes] = {}
        self.imports: set[str] = set()
        self._names: dict[str, str] = {}
        self._had: dict[str, set[str]] = {}
        self._forms: dict[str, Step] = {}

    def write(self, steps: Sequence[Step]) -> None:
        opened = {step.deed.details.get("interaction_id"): step for step in steps}
        for step in steps:
            if step.deed.what == "modal" and (opener := opened.get(step.deed.details["opened"])) is not None:
                self._forms[opener.deed.details["interaction_id"]] = step
        for step in steps:
            getattr(self, f"_{step.deed.what}", self._control)(step)
            for id_ in step.gone:
                if id_ in self._names:
                    self._line(call(f"{self._names[id_]}.vanishes"))

    def tidy(self) -> list[str]:
        """The lines, without names that nothing uses; an answer that is only looked at has none."""
        result: list[str] = []
        counted = count_variables(self.lines)
        for n, line in enumerate(self.lines):
            name, equals, rest = line.partition(" = ")
            uses = counted[name] - 1 if equals and name in self._taken() else None
            following = self.lines[n + 1] if n + 1 < len(self.lines) else ""
            looked_at = following.startswith(f"{name}.shows(") and "\n" not in rest + following
            if uses == 0:
                result.append(rest)
            elif uses == 1 and looked_at and len(rest) + len(following) - len(name) + 4 <= WIDTH:
                result.append(rest + following.removeprefix(name))
                self.lines[n + 1] = ""
            elif line:
                result.append(line)
        return self._renumbered(result)

    def _renumbered(self, lines: list[str]) -> list[str]:
        """The names that are left as answer, answer_2, answer_3, …"""
        counts: dict[str, int] = {}
        better: dict[str, str] = {}
        for name in dict.fromkeys(self._names.values()):
            if not any(line.startswith(f"{name} = ") for line in lines):
                continue
            kind = name.rstrip("_0123456789")
            counts[kind] = counts.get(kind, 0) + 1
            better[name] = f"{kind}_{counts[kind]}" if counts[kind] > 1 else kind
        return [renamed(line, better) for line in lines]

    def _taken(self) -> set[str]:
        return set(self._names.values())

    # What people do

    def _slash(self, step: Step) -> None:
        asked = step.deed.details
        options = {name: self._value(value) for name, value in asked["options"].items()}
        options |= {file.field: self._file(file) for file in step.deed.files}
        if asked.get("target_id"):
            person = PEOPLE.get(str(asked["target_id"]))
            target = person if person is not None else Raw(self._target(step))
            who = self._who(step)
            if person is None:
                del who["channel"]
            self._interaction(step, "menu", [asked["command"], target], who)
            return
        plain = {name: value for name, value in options.items() if is_name(name) and name not in RESERVED}
        others = {name: value for name, value in options.items() if name not in plain}
        named = {**plain, "options": others or None, **self._who(step)}
        self._interaction(step, "slash", [asked["command"]], named)

    def _click(self, step: Step) -> None:
        target = self._target(step)
        button = name_among(step.deed.details["components"], step.deed.details["component"])
        values = [self._value(value) for value in step.deed.details.get("values") or []]
        who = {key: value for key, value in self._who(step).items() if key != "channel"}
        self._interaction(step, "click", [Raw(target), button], {"values": values or None, **who})

    def _interaction(self, step: Step, method: str, positional: list[Any], named: dict[str, Any]) -> None:
        form = self._forms.get(step.deed.details["interaction_id"])
        if form is not None:
            named = {**named, "form": self._filled(step, form)}
        came = {**step.messages, **(form.messages if form else {})}
        main = main_of(form or step, came)
        if main is None:
            named["answer"] = False
        self._line(call(f"playground.{method}", positional, named), came[main] if main else None)
        self._others(came, main)

    def _filled(self, step: Step, form: Step) -> dict[str, Any]:
        """The form's fields by their labels, as they were sent."""
        values, files = form.deed.details["values"], form.deed.files
        filled: dict[str, Any] = {}
        for label, field in fields_of(step.interaction["response_data"]["components"]):
            name = field["custom_id"]
            if field["type"] == FILE_UPLOAD:
                sent = [self._file(file) for file in files if file.field == name]
                if sent:
                    filled[label] = sent
            elif name in values:
                filled[label] = self._value(values[name])
        return filled

    def _modal(self, step: Step) -> None:
        """Written where the form was opened; unless that was before the recording."""
        if self._forms.get(step.interaction.get("parent") or "") is None and step not in self._forms.values():
            self.lines.append("# A form was sent here that was opened before the recording began.")

    def _message(self, step: Step) -> None:
        asked = step.deed.details
        files = [(file.field, self._file(file)) for file in step.deed.files]
        ordinary = not {"sticker", "emoji"} & {field for field, _ in files}
        reference = asked.get("reference") or {}
        about = "forward" if reference.get("type") == 1 else "reply_to"
        named = {
            "files": ([file for _, file in files] if ordinary else dict(files)) or None,
            about: Raw(self._known(str(reference["message_id"]), step)) if reference else None,
            "embeds": asked.get("embeds") or None,
            "components": asked.get("components") or None,
            **self._who(step),
        }
        content = [asked["content"]] if asked["content"] else []
        self._line(call("playground.message", content, named), id_=str(asked["message_id"]), kind="message")
        self._others(step.messages, None)

    def _react(self, step: Step) -> None:
        target, emoji = self._target(step), step.deed.details["emoji"]
        replies = [m for m in step.messages.values() if m["type"] == REPLY and replies_to(m, step.target_id)]
        main = replies[0]["id"] if replies else None
        who = {key: value for key, value in self._who(step).items() if key != "channel"}
        if main is None:
            who["answer"] = False
        self._line(call("playground.react", [Raw(target), emoji], who), step.messages[main] if main else None)
        self._others(step.messages, main)

    def _unreact(self, step: Step) -> None:
        id_ = Raw(f"{self._target(step)}.id")
        user = {"user": self._value(step.deed.user_id)}
        self._line(call("playground.controls.unreact", [id_, step.deed.details["emoji"]], user))
        self._others(step.messages, None)

    def _delete(self, step: Step) -> None:
        if step.target_id in self._names:
            self._line(call("playground.controls.delete_message", [Raw(f"{self._names[step.target_id]}.id")]))
        self._others(step.messages, None)

    def _request(self, step: Step) -> None:
        """A control about a message for which `playground` has no word of its own."""
        asked = step.deed.details
        body = {"message_id": Raw(f"{self._target(step)}.id"), "user_id": self._value(step.deed.user_id)}
        self._line(call("playground.controls.request", [asked["method"], asked["path"], {**body, **asked["more"]}]))
        self._others(step.messages, None)

    def _control(self, step: Step) -> None:
        """What a test does to Discord: a control by its name in playground.testing, with its arguments."""
        given = step.deed.details["named"]  # where null says something: `times=None` of a fault is for ever
        named = {key: Raw("None") if value is None else self._value(value) for key, value in given.items()}
        positional = [self._value(value) for value in step.deed.details["positional"]]
        self._line(call(f"playground.controls.{step.deed.what}", positional, named))
        self._others(step.messages, None)

    # What is seen

    def _others(self, came: Mapping[str, Json], main: str | None) -> None:
        """The other messages that came, or changed."""
        for id_, message in came.items():
            if id_ == main or message["loading"]:
                continue
            if id_ in self._names:
                self._shows(id_, message)
            else:
                look = expecting(message, where_of(message))
                self._line(call("playground.next", *look), id_=id_, kind="more")
                self._note(id_, *look)

    def _shows(self, id_: str, message: Json) -> None:
        """That it is so; and what it had when it was last looked at and has no more, such as buttons."""
        positional, named = expecting(message)
        had = self._had.get(id_, set())
        self._note(id_, positional, named)
        if "content" in had and not positional:
            positional = [""]
        named |= {key: [] for key in ("texts", "files", "buttons", "reactions") if key in had - set(named)}
        if positional or named:
            self._line(call(f"{self._names[id_]}.shows", positional, named, spare=0))

    def _note(self, id_: str, positional: list[Any], named: dict[str, Any]) -> None:
        """Remember what a message was last seen to have."""
        self._had[id_] = set(named) | ({"content"} if positional else set())

    def _line(self, line: str, answer: Json | None = None, *, id_: str | None = None, kind: str = "answer") -> None:
        """A statement; what it returns gets a name (and is looked at, if it is an answer)."""
        id_ = answer["id"] if answer is not None else id_
        if id_ is None:
            self.lines.append(line)
            return
        name = self._names.get(id_)
        if name is None:
            taken = sum(known.rstrip("_0123456789") == kind for known in set(self._names.values()))
            name = self._names[id_] = f"{kind}_{taken + 1}" if taken else kind
            line = f"{name} = {line}"
        self.lines.append(line)
        if answer is not None:
            self._shows(id_, answer)

    def _target(self, step: Step) -> str:
        return self._known(str(step.target_id), step)

    def _known(self, id_: str, step: Step) -> str:
        """The name of a message; one from before the recording is looked for first."""
        if id_ not in self._names:
            there = step.target if step.target is not None and step.target["id"] == id_ else None
            look = expecting(there, where_of(there)) if there else ([], {})
            self._line(call("playground.find", *look), id_=id_, kind="found")
            self._note(id_, *look)
        return self._names[id_]

    # Values

    def _who(self, step: Step) -> dict[str, Any]:
        """Person and channel, where they are not mia and #ascii."""
        person = PEOPLE.get(step.deed.user_id, step.deed.user_id)
        return {"person": None if person == "mia" else person, "channel": place_of(step.deed.channel_id)}

    def _value(self, value: Any) -> Any:
        """An id of someone or something that is always here, by its name."""
        if isinstance(value, str) and value in NAMES_OF_IDS:
            self.imports.add(NAMES_OF_IDS[value])
            return Raw(NAMES_OF_IDS[value])
        return [self._value(item) for item in value] if isinstance(value, list) else value

    def _file(self, upload: Upload) -> Raw:
        """The file beside the test; one whose name or type would be lost there, with both."""
        safe = safe_filename(upload.filename)
        if safe.lower().endswith(READ_BY_PYTHON):
            safe += ".data"
        stem, dot, ending = safe.rpartition(".")
        name, n = safe, 1
        # Nor do two names meet that are one to file systems which fold cases.
        taken = {other.casefold(): (other, data) for other, data in self.files.items()}
        while taken.get(name.casefold(), (name, upload.data)) != (name, upload.data):
            n += 1
            name = f"{stem}-{n}{dot}{ending}" if stem else f"{safe}-{n}"
        self.files[name] = upload.data
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if (upload.filename, upload.content_type) == (name, kind):
            return Raw(f'HERE / "{name}"')
        return Raw(f'({upload.filename!r}, (HERE / "{name}").read_bytes(), {upload.content_type!r})')
