"""Which files below a folder are pictures."""

from pathlib import Path

from models.problems import Refused
from models.sniff import SUFFIXES


def pictures_below(folder: Path) -> list[Path]:
    """Every picture file below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def photos_below(folder: Path) -> list[Path]:
    """As `pictures_below`. Raises Refused where there is none."""
    photos = pictures_below(folder)
    if not photos:
        raise Refused(f"{folder} holds no photos")
    return photos
