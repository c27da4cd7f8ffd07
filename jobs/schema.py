"""The messages between bot and worker, as they stand in Redis: versioned JSON, checked on both sides.

A worker that meets a `schema_version` it does not know refuses the job by name rather than guessing. It knows
those before its own, whose jobs and ledger entries a deploy leaves in Redis; so workers are renewed before bots.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from jobs.records import JobId, ModelName, Record, Sha256, Snowflake
from jobs.text.translation import ENGLISH
from models import limits
from models.formats import DEFAULT_FORM, FILE, FORMS, PRESETS
from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE, Background, BackgroundChoice, find_palette

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


BEFORE_4: Final[dict[str, Any]] = {"palette": "blue", "columns": 64, "background": "light", "focus": 0.0}
"""How versions drew, if nobody said otherwise, that could leave nothing open and knew of no focus."""


class RenderRequest(Record):
    """One picture to draw. `job_id` is the interaction's id, or `<message id>-<look>` for a reaction.

    Columns, paper and focus stand here as they were asked for, so that the same picture in other ink has the same
    characters; what was left open, the worker chooses.

    Version 2 added what follows `focus`, version 3 the reply's language; their defaults are what versions before
    them did. Version 4 added `focus` and what can be left open; a request from before it is read as it was meant.
    """

    schema_version: Literal[1, 2, 3, 4] = 4
    job_id: JobId
    origin: Literal["command", "menu", "button", "reaction"]
    picture: Sha256
    palette: PaletteName = DEFAULT_PALETTE
    columns: int | None = Field(
        default=None, ge=limits.MIN_COLUMNS, le=limits.MAX_COLUMNS, description="None: as many as suit the picture"
    )
    background: BackgroundChoice = DEFAULT_BACKGROUND
    focus: float | None = Field(
        default=None, ge=0, le=1, description="how much of the background gives way; None: the model decides"
    )
    form: str = Field(default=DEFAULT_FORM, description="one of models.formats.FORMS")
    preset: str = Field(default=FILE, description="where text is read: one of models.formats.PRESETS, or a file")
    animate: bool = Field(default=True, description="an animation comes back as one")
    style: ModelName | None = Field(default=None, description="a model of the registry; None is its default")
    spoiler: bool = Field(default=False, description="hidden until clicked")
    hint: str = Field(default="", max_length=32, description="the emoji with which the bot itself reacts first")
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
        if isinstance(data, dict) and data.get("schema_version") in (1, 2, 3):
            return BEFORE_4 | data
        return data

    @field_validator("form")
    @classmethod
    def _known_form(cls, name: str) -> str:
        if name not in FORMS:
            raise ValueError("no form that this version knows")
        return name

    @field_validator("preset")
    @classmethod
    def _known_preset(cls, name: str) -> str:
        if name != FILE and name not in PRESETS:
            raise ValueError("no preset that this version knows")
        return name


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
