"""Photos that come with the library; CREDITS.md names their authors. New models are tried with them."""

from pathlib import Path
from typing import Final

SAMPLES: Final = sorted(Path(__file__).parent.glob("*.jpg"))
