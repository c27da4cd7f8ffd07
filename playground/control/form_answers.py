"""What someone chooses in a select menu or enters in a form, checked as Discord's client would."""

from playground.errors import ControlError
from playground.rules.components import (
    ACTION_ROW,
    CHECKBOX,
    CHECKBOX_GROUP,
    FILE_UPLOAD,
    LABEL,
    RADIO_GROUP,
    TEXT_INPUT,
    WITH_OPTIONS,
    walk,
)
from playground.types import Json


def check_chosen(component: Json, values: list[str]) -> None:
    """Raise ControlError 400 for a selection that Discord's client would not send."""
    name = component["custom_id"]
    needed = 0 if component.get("required") is False else component.get("min_values", 1)
    low, high = (needed, component.get("max_values", 1))
    if not low <= len(values) <= high:
        raise ControlError(400, f"{name!r} takes {low} to {high} values, not {len(values)}")
    if len(set(values)) != len(values):
        raise ControlError(400, f"{name!r} was given one value twice")
    if component["type"] in WITH_OPTIONS:
        known = [option["value"] for option in component["options"]]
        if odd := [value for value in values if value not in known]:
            raise ControlError(400, f"{name!r} has no option {odd[0]!r}; it has {known}")


def submitted(form: list[Json], values: Json, files: dict[str, list[str]]) -> list[Json]:
    """A form's components as its submission carries them. `values` maps custom_id to text, a list or a bool,
    `files` to attachment ids. Raises ControlError 400 for what Discord's client would not send."""
    known = [c["custom_id"] for c in walk(form) if c.get("custom_id")]
    if odd := (set(values) | set(files)) - set(known):
        raise ControlError(400, f"the form has no field {sorted(odd)}; it has {known}")
    result: list[Json] = []
    for top in form:
        shell: Json = {"type": top["type"], "id": top["id"]}
        if top["type"] == ACTION_ROW:
            shell["components"] = [_answered(child, values, files) for child in top["components"]]
        elif top["type"] == LABEL:
            shell["component"] = _answered(top["component"], values, files)
        result.append(shell)
    return result


def _answered(component: Json, values: Json, files: dict[str, list[str]]) -> Json:
    name, kind = component["custom_id"], component["type"]
    answer: Json = {"type": kind, "id": component["id"], "custom_id": name}
    given = values.get(name)
    if kind == TEXT_INPUT:
        answer["value"] = _text(component, str(component.get("value") or "") if given is None else str(given))
    elif kind == CHECKBOX:
        answer["value"] = bool(component.get("default") if given is None else given)
    elif kind == RADIO_GROUP:
        picked = [] if given is None else [str(given)]
        check_chosen(component, picked)
        answer["value"] = picked[0] if picked else None
    else:
        listed = files.get(name, []) if kind == FILE_UPLOAD else [str(value) for value in given or []]
        most = len(component.get("options") or []) if kind == CHECKBOX_GROUP else 1
        check_chosen({"max_values": most, **component}, listed)
        answer["values"] = listed
    return answer


def _text(field: Json, text: str) -> str:
    name = field["custom_id"]
    low, high = field.get("min_length", 0), field.get("max_length", 4000)
    if not text and field.get("required", True):
        raise ControlError(400, f"the field {name!r} must be filled in")
    if text and not low <= len(text) <= high:
        raise ControlError(400, f"the field {name!r} must be {low} to {high} characters long")
    return text
