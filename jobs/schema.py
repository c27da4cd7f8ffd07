"""The messages between bot and worker, as they stand in Redis: versioned JSON, checked on both sides.

A worker that meets a `schema_version` it does not know refuses the job by name rather than guessing. It knows
those before its own, whose jobs and records a deploy leaves in Redis; so workers are renewed before bots.
"""

import re
from dataclasses import fields, replace
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from jobs.records import JobId, ModelName, Record, Sha256, Snowflake
from jobs.text.translation import ENGLISH
from models.options import MODEL_NAME, RenderOptions
from models.palettes import Background, find_palette

PaletteName = Annotated[str, AfterValidator(lambda name: find_palette(name).name)]


class Reply(Record):
    """The Discord message that the bot owns and the worker fills.

    With `token` (an interaction's) it is edited as that interaction's original response until
    `token_expires_at` (Unix seconds); without, or after, as an ordinary message of the bot's. A `private`
    reply can be reached by its token only: it is ephemeral, or stands where the bot is no member. `language` is
    the catalogue (jobs.text.translation) of who asked.
    """

    application_id: Snowflake
    channel_id: Snowflake
    message_id: Snowflake
    token: str | None = Field(default=None, repr=False)
    token_expires_at: float = 0.0
    private: bool = False
    language: str = Field(default=ENGLISH, max_length=16)


class Click(Record):
    """Somebody's reaction that asks for a picture in another palette. `at` is in Unix seconds.

    `background` is None where the picture's own paper stays; `parent_id` is the channel of a thread.
    """

    message_id: Snowflake
    channel_id: Snowflake
    guild_id: Snowflake | None = None
    user_id: Snowflake
    palette: str
    background: Background | None = None
    role_ids: tuple[Snowflake, ...] = ()
    parent_id: Snowflake | None = None
    age_restricted: bool = False
    at: float

    @property
    def look(self) -> str:
        """Palette and paper in one word: what a message is answered with once."""
        return self.palette if self.background is None else f"{self.palette}-{self.background}"


_OPTIONS: Final = frozenset(field.name for field in fields(RenderOptions))
_BEFORE_4: Final[dict[str, Any]] = {"palette": "blue", "columns": 64, "background": "light", "focus": 0.0}
"""How versions drew, if nobody said otherwise, that could leave nothing open and knew of no focus."""
_TEXTS: Final = {"desktop": "text", "phone": "phone", "file": "file"}
"""The format of what versions before 5 called the form `text`, by where it was to be read."""


MOST_PICTURES: Final = 10
"""Pictures of one request: as many as a message has files."""


class Variant(Record):
    """What one of several drawings of the same picture has otherwise than the request's options say.

    None is as they say. `style` names weights, `focus` is 0 to 1.
    """

    style: ModelName | None = None
    background: Background | None = None
    focus: float | None = Field(default=None, ge=0, le=1)

    def applied_to(self, options: RenderOptions) -> RenderOptions:
        """The options of this drawing."""
        said = {name: value for name, value in self.model_dump().items() if value is not None}
        return replace(options, **said)


class Picture(Record):
    """One picture of a request, by the sha256 of its stored bytes.

    With a `variant` it is one of several drawings of the same picture, to choose from. `still` is drawn instead of
    a moving picture that cannot be read. `spoiler`: who posted it hid it. `note` is a code of
    jobs.text.sentences.CAPTIONS, to be said under the drawing.
    Where the picture could not be had at all, `failure` says why, in the reply's language, and `sha` is None.
    """

    sha: Sha256 | None
    still: Sha256 | None = None
    spoiler: bool = False
    note: str = Field(default="", max_length=40)
    failure: str = Field(default="", max_length=1000)
    variant: Variant | None = None


Comparison = Literal["private", "shareable", "public"]
"""A photo beside its page: for who asked alone, the same with a button that shows it to all, or for all to see."""


class RenderRequest(Record):
    """What to draw: a picture, or several on one message.

    `job_id` is the interaction's id, or `<message id>-<look>` for a reaction. The options are as they were asked
    for, so that the same picture in other ink has the same characters; what was left open, the worker chooses.
    `spoiler`: the result is hidden until it is clicked.
    `own`: who asks has given the picture, and may see it again; with `comparison` it is shown beside the page.
    Requests of earlier versions are read as they were meant.
    """

    schema_version: Literal[8] = 8
    job_id: JobId
    origin: Literal["command", "menu", "button", "reaction"]
    pictures: tuple[Picture, ...] = Field(min_length=1, max_length=MOST_PICTURES)
    options: RenderOptions = RenderOptions()
    spoiler: bool = False
    own: bool = False
    comparison: Comparison | None = None
    first_reaction: str = Field(default="", max_length=32, description="the emoji that the bot itself reacts with")
    user_id: Snowflake
    guild_id: Snowflake | None = None
    reply: Reply
    message_version: int = Field(default=1, ge=1, description="counts the jobs aimed at one message")
    upload_limit: int = Field(gt=0, description="bytes that Discord takes in this place")
    created_at: float = Field(description="Unix seconds")
    deadline_at: float = Field(description="Unix seconds; past it the user is told and nothing is drawn")

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_meant(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("schema_version") not in range(1, 8):
            return data
        version, old = data["schema_version"], data | {"schema_version": 8}
        if version < 7:  # a picture that was drawn again may have been another person's
            old["own"] = data.get("origin") in ("command", "menu")
        if version < 6:
            old = {"pictures": [{"sha": old.pop("picture", "")}]} | old
        if version >= 5:
            if isinstance(options := old.get("options"), dict):
                kept = {name: value for name, value in options.items() if name != "spoiler"}
                old |= {"options": kept, "spoiler": options.get("spoiler", False)}
            return old
        old = old if version >= 4 else _BEFORE_4 | old
        form, read = old.pop("form", "picture"), old.pop("preset", "file")
        options = {name: old.pop(name) for name in _OPTIONS & old.keys()}
        options["format"] = _TEXTS.get(read) if form == "text" else form
        reaction = old.pop("hint", "")
        return old | {"options": options, "first_reaction": reaction}

    @property
    def parts(self) -> int:
        """Of how many pictures it has the time and the files: a comparison shows its photo, too."""
        return len(self.pictures) + (self.comparison is not None)

    @property
    def is_choice(self) -> bool:
        """Whether its drawings are variants, of which one is to be taken."""
        return any(picture.variant is not None for picture in self.pictures)

    @property
    def shas(self) -> tuple[str, ...]:
        """The pictures that are stored, in their order; without the stills of those that move."""
        return tuple(picture.sha for picture in self.pictures if picture.sha is not None)

    @field_validator("pictures")
    @classmethod
    def _there_is_one(cls, pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        if all(picture.sha is None for picture in pictures):
            raise ValueError("none of the pictures is there")
        return pictures

    @field_validator("options")
    @classmethod
    def _style_is_a_name(cls, options: RenderOptions) -> RenderOptions:
        if options.style is not None and not re.fullmatch(MODEL_NAME, options.style):
            raise ValueError("no name of a model")
        return options


Outcome = Literal["posted", "refused", "failed", "cancelled", "gone", "stale"]


class RenderResult(Record):
    """How a job ended.

    `posted`: the picture is on the message. `refused`: the user was told what is wrong with the picture.
    `failed`: the user was told that it is our fault. `cancelled`: somebody asked for that, and the user was
    told. `gone`: the message was deleted. `stale`: a newer job owns the message. `stages_ms` has decode, tone,
    generator, paint, encode, post. `columns`, `rows` and `background` are what was drawn, whatever was asked for;
    version 2 added the last.
    """

    schema_version: Literal[1, 2] = 2
    job_id: JobId
    outcome: Outcome
    code: str = ""
    palette: str = ""
    columns: int = 0
    rows: int = 0
    background: Background | None = None
    model: str = ""
    model_version: str = ""
    worker: str = ""
    stages_ms: dict[str, float] = Field(default_factory=dict)
    finished_at: float = 0.0
