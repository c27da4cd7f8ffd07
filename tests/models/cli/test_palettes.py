"""`python -m models palettes` where only the package is installed, without the repository beside it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[3]
BUILD = "import sys, setuptools.build_meta as build; build.build_wheel(sys.argv[1])"


def test_it_draws_from_a_built_wheel(tmp_path: Path) -> None:
    source, wheels, installed, elsewhere = (
        tmp_path / name for name in ("source", "wheels", "installed", "elsewhere")
    )
    elsewhere.mkdir()
    shutil.copytree(ROOT / "models", source / "models", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-c", BUILD, wheels], cwd=source, capture_output=True, check=True)
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as files:
        files.extractall(installed)
    done = subprocess.run(
        [sys.executable, "-m", "models", "palettes", "-o", "sheet.png", "-c", "20"],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(elsewhere / "sheet.png") as sheet:
        assert sheet.width > 4 * 160
    assert (installed / "models" / "samples" / "CREDITS.md").is_file()
