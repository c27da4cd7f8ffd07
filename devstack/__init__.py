"""Starts the whole service on this machine, for the demo, the tests and the benchmarks."""

from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).parents[1] / "docs" / "samples" / "panda.jpg"
"""The picture that the benchmarks draw; in a checkout alone."""
