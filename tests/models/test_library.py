"""The library as docs/formats.md shows it to people who write Python."""

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.models.pictures import SAMPLES

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


def test_the_example_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall("```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "cat.jpg").write_bytes(SAMPLES[-1].read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(example, PAGE.name, "exec"), {})
    with Image.open("cat.png") as picture:
        assert picture.width == 120 * 8
    facts, *art = capsys.readouterr().out.splitlines()
    assert re.match(rf"120 {picture.height // 16} (light|dark) \(\) \{{'decode': ", facts)
    assert max(map(len, art)) <= 100 and len(set("".join(art))) > 20
