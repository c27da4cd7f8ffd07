"""The page's files: all there, served with a strict policy, and without a way to turn data into markup."""

from __future__ import annotations

import re

import pytest

from playground.page.static_files import FOLDER
from playground.server import Playground
from tests.playground.raw import Rest

MARKUP_FROM_DATA = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
)
ELSEWHERE = re.compile(r"""(?:src|href|from|url|import)\s*[=(]?\s*["'(](?:https?:)?//""")
PAGES = {"/", "/?people=mia,ada"}
FILES = sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_no_file_makes_markup_of_data_or_loads_from_elsewhere(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert not MARKUP_FROM_DATA.search(text)
    assert not ELSEWHERE.search(text)


async def test_what_the_page_refers_to_is_served(playground: Playground, rest: Rest) -> None:
    waiting, seen = set(PAGES), set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        async with rest.session.get(playground.url + path) as response:
            assert response.status == 200, path
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
            text = await response.text()
        found = set(re.findall(r"/page/[\w.]+", text))
        found |= {f"/page/{name}" for name in re.findall(r'(?:from|import)[ (]"\./([\w.]+)"', text)}
        waiting |= found - seen
    assert {f"/page/{name}" for name in FILES if not name.endswith(".html")} == seen - PAGES
