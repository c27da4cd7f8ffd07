"""What the command line says of files: whole sentences, and the packages that the project itself names."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from models.file_sentences import FILE_SENTENCES, in_words, requirement
from models.problems import PictureProblem
from models.sentences import PICTURE_SENTENCES

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FACTS: dict[str, Any] = dict.fromkeys(
    ["kind", "limit_mb", "limit_mp", "width", "height", "least", "ratio", "names", "near", "most"], 7
)


@pytest.mark.parametrize("code", PICTURE_SENTENCES)
def test_nothing_is_sent_in_a_shell(code: str) -> None:
    said = in_words(PictureProblem(code, **FACTS))
    assert not re.search(r"\b(re)?sen[dt]\b|`", said)
    assert "{" not in said


def test_each_sentence_has_a_problem() -> None:
    assert FILE_SENTENCES.keys() <= PICTURE_SENTENCES.keys()


@pytest.mark.parametrize("extra", ["heic", "video"])
def test_what_an_extra_installs_is_what_the_project_says(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (declared,) = PROJECT["optional-dependencies"][extra]
    assert Requirement(requirement(extra)) == Requirement(declared)

    def not_installed(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("models.file_sentences.requires", not_installed)
    assert requirement(extra) == f"glyphcord[{extra}]"
