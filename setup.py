"""What pyproject.toml cannot say: the build compiles the translations. All else stands there."""

import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildPy(build_py):
    """As usual, and the catalogues beside the modules; an editable install has them in the checkout."""

    def run(self) -> None:
        super().run()
        target = ROOT if self.editable_mode else Path(self.build_lib)
        compiler = runpy.run_path(str(ROOT / "jobs/text/catalogues.py"))
        compiler["compile_catalogues"](target / "jobs/text/languages")


setup(cmdclass={"build_py": BuildPy})
