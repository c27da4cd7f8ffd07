"""What a user can ask for, as the bot offers it, from the library's torch-free leaves: palettes, forms, limits."""

from dataclasses import dataclass
from typing import Final

from jobs.language import PALETTE, say_in
from models.forms import FILE, PRESETS
from models.limits import DEFAULT_COLUMNS, MAX_BYTES, MAX_COLUMNS, MIN_COLUMNS
from models.palettes import DEFAULT_PALETTE, PALETTES, Background, find_palette
from models.problems import PictureProblem

__all__ = [
    "DEFAULT_COLUMNS", "DEFAULT_PALETTE", "FILE", "FORMATS", "MAX_BYTES", "MAX_COLUMNS",
    "MIN_COLUMNS", "PALETTES", "PRESETS", "Background", "Format", "check_columns", "find_palette",
    "palette_name",
]  # fmt: skip


@dataclass(frozen=True)
class Format:
    """One choice of `/ascii format`: a form of the library's, and for text where it is to be read."""

    label: str
    form: str
    preset: str = FILE


FORMATS: Final[dict[str, Format]] = {
    "picture": Format("Picture", "picture"),
    "text": Format("Text in the message, for computers (up to 60 across)", "text", "desktop"),
    "phone": Format("Text in the message, for phones (up to 40 across)", "text", "phone"),
    "file": Format("Text file, any size", "text"),
    "ansi": Format("Coloured text for terminals (ANSI file)", "ansi"),
    "html": Format("Web page (HTML file)", "html"),
    "svg": Format("Vector drawing (SVG file)", "svg"),
    "docx": Format("Word document", "docx"),
}


def palette_name(name: str, language: str) -> str:
    """What a palette is called in a language; colours are called as they are written."""
    return say_in(PALETTE, name, language) if name in PALETTES else name


def check_columns(columns: int) -> None:
    """Raises PictureProblem `bad_columns` outside of what can be drawn."""
    if not MIN_COLUMNS <= columns <= MAX_COLUMNS:
        raise PictureProblem("bad_columns", f"{columns} columns", least=MIN_COLUMNS, most=MAX_COLUMNS)
