"""The repository's pages as the tests of the documentation read them: commands, names, links, headings."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parent.parent
OURS: Final = ("*.md", "docs/**/*.md", "bench/*.md", "models/**/*.md", "playground/**/*.md")
PAGES: Final = sorted({path for pattern in OURS for path in ROOT.glob(pattern)})
SHELL: Final = "sh"
OUR_PROGRAMS: Final = re.compile(
    r"(?:curl .*\| )?(?:\.venv/bin/)?python3? -m (?:bot|worker|models|playground|bench)\b"
    r"|python deploy/|(?:\.venv/bin/)?pip install |torchrun |make [a-z]|docker compose [a-z]"
)
"""How a command begins in places that hold other things too: code in a sentence, listings without a language."""


@dataclass(frozen=True)
class Command:
    """One command of a page, without what stands before and after it in a pipe."""

    line: str
    words: tuple[str, ...]


def name(path: Path) -> str:
    """A page's path as tests print it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tokens(path: Path) -> tuple[Token, ...]:
    """All of a page's tokens, those within paragraphs and tables too."""
    parsed = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    return tuple(one for token in parsed for one in (token, *(token.children or ())))


def code(path: Path) -> Iterator[str]:
    """What a page sets as code within its sentences."""
    yield from (token.content for token in tokens(path) if token.type == "code_inline")


def commands(path: Path) -> Iterator[Command]:
    """All commands that a page shows: each line of its shell listings, and what begins with a program of ours."""
    for token in tokens(path):
        lines = token.content.replace("\\\n", " ").splitlines()
        if token.type == "fence" and token.info == SHELL:
            yield from (command for line in lines for command in split(line))
        elif (token.type == "fence" and not token.info) or token.type == "code_inline":
            yield from (command for line in lines if OUR_PROGRAMS.match(line) for command in split(line))


def split(line: str) -> Iterator[Command]:
    """A line of shell at its `&&`, `|` and `;`, without comments and settings before it.

    `[…]` around what may be left out is dropped, so that what is in it is tried too.
    """
    words: list[str] = []
    reader = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    reader.whitespace_split = True
    for word in (*reader, ";"):
        if set(word) <= set("|&;"):
            if words:
                yield Command(line.strip(), tuple(words))
            words = []
        elif words or not re.match(r"[A-Z_]+=", word):
            words.append(re.sub(r"^\[(.*?)\]?$|^([^\[]*)\]$", r"\1\2", word))


class _Sources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for key, value in attrs if key in ("src", "href") and value]


def links(path: Path) -> Iterator[str]:
    """Where a page's links lead, and its pictures come from."""
    for token in tokens(path):
        if token.type in ("link_open", "image"):
            yield str(token.attrs.get("href") or token.attrs.get("src"))
        elif token.type in ("html_block", "html_inline"):
            sources = _Sources()
            sources.feed(token.content)
            yield from sources.found


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    found: set[str] = set()
    reading = False
    for token in tokens(path):
        if reading and token.type == "inline":
            text = "".join(part.content for part in token.children or () if part.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
            found.add(slug if slug not in found else f"{slug}-{sum(one.startswith(slug) for one in found)}")
        reading = token.type == "heading_open"
    return found


def tables(path: Path) -> Iterator[list[list[str]]]:
    """A page's tables as rows of cells, the header first."""
    rows: list[list[str]] = []
    cell = False
    for token in tokens(path):
        match token.type:
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "th_open" | "td_open":
                cell = True
            case "inline" if cell:
                rows[-1].append(token.content)
                cell = False
            case "table_close":
                yield rows
