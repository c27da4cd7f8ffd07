"""Compile the translations, `.po` to `.mo`: the build does it, and `python -m jobs.text.catalogues` in a checkout.

Needs Babel, which running the programs does not.
"""

import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "languages"


def compile_catalogues(target: Path = FOLDER) -> None:
    """Write into `target` each catalogue that is missing there, or older than its source."""
    target.mkdir(parents=True, exist_ok=True)
    for source in sorted(FOLDER.glob("*.po")):
        compiled = target / source.with_suffix(".mo").name
        if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file, tempfile.NamedTemporaryFile(dir=target, delete=False) as half:
            write_mo(half, read_po(file, locale=source.stem))
        Path(half.name).chmod(0o644)
        Path(half.name).replace(compiled)  # whole or not at all: another process may be reading


if __name__ == "__main__":
    compile_catalogues()
