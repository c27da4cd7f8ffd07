"""Reading the fields of a JSON body as Discord does: each of its type and within its bounds, all mistakes at once.

https://docs.discord.com/developers/reference#error-messages
"""

import base64
import binascii
import datetime
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from playground.errors import invalid_form
from playground.state.image_size import picture_type
from playground.types import Json

T = TypeVar("T")
Problem = tuple[str, str]
REQUIRED = ("BASE_TYPE_REQUIRED", "This field is required")
DATA_URI = re.compile(r"data:image/(?:png|jpe?g|gif|webp|avif);base64,(.+)", re.DOTALL)


class Mistake(Exception):
    """A value that Discord would not take, by its code and sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = (code, message)


class Fields:
    """A body read field by field; what is null or not there reads as None. `done()` raises what was wrong."""

    def __init__(self, body: Json, where: str = "") -> None:
        self.body = body
        self.problems: dict[str, Problem] = {}
        self._where = where

    def __contains__(self, key: str) -> bool:
        return key in self.body

    def read(self, key: str, as_what: Callable[[Any], T], *, needed: bool = False) -> T | None:
        """A value through a function that raises Mistake."""
        value = self.body.get(key)
        if value is None:
            if needed:
                self.problems[self._where + key] = REQUIRED
            return None
        try:
            return as_what(value)
        except Mistake as mistake:
            self.problems[self._where + key] = mistake.problem
            return None

    def text(self, key: str, low: int, high: int, *, needed: bool = False) -> str | None:
        return self.read(key, lambda value: _text(value, low, high), needed=needed)

    def whole(self, key: str, low: int, high: int, *, needed: bool = False) -> int | None:
        return self.read(key, lambda value: _whole(value, low, high), needed=needed)

    def choice(self, key: str, choices: Collection[int], *, needed: bool = False) -> int | None:
        return self.read(key, lambda value: _choice(value, choices), needed=needed)

    def flag(self, key: str) -> bool | None:
        return self.read(key, _flag)

    def snowflake(self, key: str, *, needed: bool = False) -> str | None:
        return self.read(key, _snowflake, needed=needed)

    def snowflakes(self, key: str, most: int, *, needed: bool = False) -> list[str] | None:
        return self.read(key, lambda value: [_snowflake(one) for one in _list(value, most)], needed=needed)

    def objects(self, key: str, most: int) -> list[Json] | None:
        return self.read(key, lambda value: _objects(value, most))

    def moment(self, key: str, *, needed: bool = False) -> float | None:
        """Seconds since 1970 of an ISO 8601 time."""
        return self.read(key, _moment, needed=needed)

    def picture(self, key: str, *, needed: bool = False) -> bytes | None:
        """The bytes of a data URI."""
        return self.read(key, picture_of, needed=needed)

    def done(self) -> None:
        """Raises ApiError 50035 with every mistake that was found."""
        if self.problems:
            raise invalid_form(self.problems)


def _text(value: Any, low: int, high: int) -> str:
    if not isinstance(value, str):
        raise Mistake("BASE_TYPE_BAD_STRING", "Must be a string.")
    if low and not low <= len(value) <= high:
        raise Mistake("BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    if len(value) > high:
        raise Mistake("BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    return value


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,20}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Mistake("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
    if value < low:
        raise Mistake("NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
    if value > high:
        raise Mistake("NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")
    return value


def _choice(value: Any, choices: Collection[int]) -> int:
    if value not in choices or isinstance(value, bool):
        listed = ", ".join(str(choice) for choice in choices)
        raise Mistake("BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
    return int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Mistake("BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
    return value


def _snowflake(value: Any) -> str:
    text = str(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, (str, int))
        or not re.fullmatch(r"\d{1,20}", text, re.ASCII)
    ):
        raise Mistake("NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    return text


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise Mistake("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    if len(value) > most:
        raise Mistake("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    return value


def _objects(value: Any, most: int) -> list[Json]:
    found = _list(value, most)
    if not all(isinstance(one, dict) for one in found):
        raise Mistake("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    return found


def _moment(value: Any) -> float:
    try:
        found = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Mistake("DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601.") from error
    return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()


def picture_of(value: Any) -> bytes:
    """The picture of a data URI. Raises Mistake for what is none that Discord takes."""
    found = DATA_URI.fullmatch(value) if isinstance(value, str) else None
    try:
        data = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        data = b""
    if picture_type(data) is None:
        raise Mistake("IMAGE_INVALID", "Invalid image")
    return data
