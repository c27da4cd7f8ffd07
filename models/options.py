"""How a picture is to be drawn: one value that goes whole from who asks to the generator."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from models import limits
from models.formats import DEFAULT_FORMAT, FORMATS, CodeBlock
from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE, BackgroundChoice, find_palette
from models.problems import PictureProblem

MODEL_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
"""The pattern of what a style may be called, the whole of it: never a path."""


@dataclass(frozen=True)
class RenderOptions:
    """Raises PictureProblem `bad_palette` or `bad_columns`, and ValueError for another focus or format.

    `palette` is kept in its one spelling. `columns` None: as many as suit the picture. `background` `auto`: the
    paper on which the picture, or an animation's first frame, stands out more. `focus`: how much of the background
    gives way to the subject, 0 to 1; None: as the model thinks best. `format` is a name in FORMATS; with `animate`
    a picture that moves comes as an animation. `style` names the weights, None the default ones.
    """

    palette: str = DEFAULT_PALETTE
    columns: int | None = None
    background: BackgroundChoice = DEFAULT_BACKGROUND
    focus: float | None = None
    format: str = DEFAULT_FORMAT
    animate: bool = True
    style: str | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        object.__setattr__(self, "palette", find_palette(self.palette).name)
        if self.columns is not None:
            check_columns(self.columns)
        if self.focus is not None and not 0 <= self.focus <= 1:
            raise ValueError(f"no focus from 0 to 1: {self.focus}")
        if self.format not in FORMATS:
            raise ValueError(f"no format of that name: {self.format[:40]!r}")

    @property
    def block(self) -> CodeBlock | None:
        """How the drawing is read as text in a message, if it is."""
        return FORMATS[self.format].block


def check_columns(columns: int) -> None:
    """Raises PictureProblem `bad_columns` outside of what can be drawn."""
    if not limits.MIN_COLUMNS <= columns <= limits.MAX_COLUMNS:
        raise PictureProblem("bad_columns", f"{columns} columns", least=limits.MIN_COLUMNS, most=limits.MAX_COLUMNS)
