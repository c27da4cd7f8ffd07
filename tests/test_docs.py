"""What the pages say is so: commands, links, names and settings are tried on the code, and the site is built."""

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import discord
import pytest
import yaml
from discord import app_commands
from PIL import Image
from playwright.sync_api import expect
from torch.distributed.run import get_args_parser

from bot.settings import BotSettings
from docs import settings_page
from jobs.text.sentences import SENTENCES
from tests.bot.test_locales import all_commands
from tests.browser import chromium, needs_chromium
from tests.pages import PAGES, ROOT, Command, anchors, code, commands, links, name, tables
from worker.settings import WorkerSettings

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PHOTO = ROOT / "docs" / "samples" / "panda.jpg"


# --- commands -----------------------------------------------------------------------------------------------


class Parsed(Exception):
    """A program's own parser has taken its arguments; nothing was done yet."""


def parse(parser: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> None:
    namespace, rest = parser.parse_known_args(args, namespace)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    raise Parsed


def module(given: tuple[str, ...]) -> None:
    """`python -m …`: one of our programs takes these arguments. Of pytest's, the files are there."""
    what, *arguments = ("1" if word == "N" else word for word in given)
    if what == "pytest":
        assert all((ROOT / word).exists() for word in arguments)
    if what in ("pytest", "venv", "http.server"):
        return
    assert what.split(".")[0] in ("bot", "worker", "models", "playground", "bench", "docs", "glyphcord", "tests"), (
        f"whose is {what}?"
    )
    found = importlib.import_module(f"{what}.__main__" if ROOT.joinpath(*what.split(".")).is_dir() else what)
    assert callable(found.main)
    if not arguments:  # run so, or the name of the program alone
        return
    assert "argparse" in vars(found), f"{what} takes no arguments"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [what, *arguments])
        patch.setattr(argparse.ArgumentParser, "parse_args", parse)
        try:
            found.main()
        except Parsed:
            return
        except SystemExit as end:
            assert end.code == 0, f"{what} does not take {arguments}"  # 0: --help
            return
    raise AssertionError(f"{what} did something before it read its arguments")


def python(words: tuple[str, ...]) -> None:
    if words[0] == "-m":
        module(words[1:])
    else:
        assert (ROOT / words[0]).is_file()


def torchrun(words: tuple[str, ...]) -> None:
    read = get_args_parser().parse_args(words)
    assert read.module
    module((read.training_script, *read.training_script_args))


def make(words: tuple[str, ...]) -> None:
    known = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {word for word in words if "=" not in word} <= set(" ".join(known).split())


@cache
def help_of(*command: str) -> str:
    """A program's own list of its options; "" where it is not installed."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def options_are_known(words: tuple[str, ...], known: str) -> None:
    for word in words:
        if word.startswith("-") and known:
            assert re.search(rf"(?<![\w-]){re.escape(word.split('=')[0])}(?![\w-])", known), f"no option {word}"


def docker(words: tuple[str, ...]) -> None:
    what, *given = words
    if what == "compose":
        compose(*given)
        return
    assert what in ("build", "run")
    own = tuple(given)
    options_are_known(own, help_of("docker", what, "--help"))
    if "--target" in own:
        dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
        assert f" AS {own[own.index('--target') + 1]}\n" in dockerfile
    if "--env-file" in own:
        assert (ROOT / ".env.example").is_file() and own[own.index("--env-file") + 1] == ".env"


def compose(what: str, *given: str) -> None:
    options, services, words = list[str](), set[str](), iter(given)
    for word in words:
        if word.startswith("-"):
            options.append(word)
            if word == "-v":
                next(words)
            continue
        services.add(word)
        if what in ("exec", "run"):  # what follows the service is its own
            inside = tuple(words)
            if inside[0] in CHECKS:
                CHECKS[inside[0]](inside[1:])
    known = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"])
    assert services <= known, f"no service {services - known}"
    options_are_known(tuple(options), help_of("docker-compose", "help", what))


def pip(words: tuple[str, ...]) -> None:
    assert words[0] == "install"
    for word, after in zip(words, (*words[1:], ""), strict=True):
        if word == "-r":
            assert (ROOT / after).is_file()
        if word.startswith("./"):  # a distribution in a folder of the checkout
            assert (ROOT / word.removeprefix("./glyphcord/") / "pyproject.toml").is_file()
        elif word.startswith("."):
            extras = set(filter(None, word.lstrip(".").strip("[]").split(",")))
            assert extras <= set(PROJECT["optional-dependencies"]), extras


def copies(words: tuple[str, ...]) -> None:
    """`cp` and `install`: what they copy is there."""
    sources = [word for word in words if not word.startswith(("-", "/", "6"))]
    for source in sources if len(sources) == 1 else sources[:-1]:
        assert list(ROOT.glob(source)), source


def units(words: tuple[str, ...]) -> None:
    for word in words:
        if word.startswith("glyphcord"):
            assert (ROOT / "deploy" / "systemd" / f"{word}.service").is_file(), word


def anything(words: tuple[str, ...]) -> None:
    """The system's and other people's, with nothing of ours in them."""


def glyphcord(words: tuple[str, ...]) -> None:
    taken = words[: words.index(">")] if ">" in words else words  # the rest is the shell's
    module(("glyphcord", *taken))


CHECKS: dict[str, Callable[[tuple[str, ...]], None]] = {
    "python": python,
    "python3": python,
    "torchrun": torchrun,
    "glyphcord": glyphcord,
    "discord-playground": lambda words: module(("playground", *words)),
    "pip": pip,
    "make": make,
    "docker": docker,
    "cp": copies,
    "install": copies,
    "systemctl": units,
    "systemd-analyze": units,
    **dict.fromkeys(
        ("cd", "curl", "git", "grep", "jq", "openssl", "rq-dashboard", "sort", "tensorboard", "useradd"), anything
    ),
}


def shown() -> list[tuple[Path, Command]]:
    return [(page, command) for page in PAGES for command in commands(page)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_commands_on_a_page_are_taken_by_their_programs(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in commands(page):
        program, *given = command.words
        check = CHECKS.get(program.removeprefix(".venv/bin/"))
        assert check is not None, f"{command.line!r}: nobody checks {program!r}; see CHECKS"
        try:
            check(tuple(given))
        except AssertionError as wrong:
            pytest.fail(f"{command.line!r}: {wrong}\n{capsys.readouterr().err}")


def test_pages_show_the_commands_that_matter() -> None:
    """The reader of commands finds them in listings and sentences, continued lines and pipes too."""
    lines = {" ".join(command.words) for _, command in shown()}
    wanted = (
        "make demo",
        "docker compose up -d",
        ".venv/bin/python -m bot",
        "python -m models render -",
        "python -m bench.reload",
        "python -m worker weights activate N VERSION",
    )
    assert lines >= set(wanted)
    assert any(line.startswith("docker run -d") and line.endswith("glyphcord-worker-gpu") for line in lines)
    assert len(lines) > 50


@pytest.mark.parametrize(
    "line",
    [
        "python -m models render --colour red",
        "python -m bot --fast",
        "glyphcord rendr cat.jpg",
        "python -m bench.speed",
        "make coffee",
        "docker compose up -d painter",
        "docker compose up --sideways",
        "docker build --target cellar -t x .",
        "pip install -e '.[everything]'",
        "cp .env.sample .env",
        "systemctl enable glyphcord-painter",
        "python deploy/key.py",
        "torchrun --nproc-per-node 4 -m models train",
    ],
)
def test_a_command_that_is_wrong_is_noticed(line: str) -> None:
    if line == "docker compose up --sideways" and not shutil.which("docker-compose"):
        pytest.skip("docker-compose is not installed")
    program, *words = re.findall(r"'[^']*'|\S+", line)
    with pytest.raises((AssertionError, ModuleNotFoundError)):
        CHECKS[program](tuple(word.strip("'") for word in words))


DRAWS = sorted(
    {
        ("models", *command.words[start:])
        for _, command in shown()
        if (start := 3 if command.words[1:3] == ("-m", "models") else 1)
        and (start == 3 or command.words[0].removeprefix(".venv/bin/") == "glyphcord")
        and command.words[start : start + 1] in (("render",), ("palettes",))
        and not {"-", "--help", "render"} >= set(command.words[start + 1 :])
    }
)


@pytest.mark.parametrize("words", DRAWS, ids=" ".join)
def test_the_commands_that_draw_draw(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "docs").mkdir()
    for photo in ("cat.jpg", "a.jpg", "photos/b.jpg"):
        shutil.copy(PHOTO, tmp_path / photo)
    before = set(tmp_path.rglob("*.*"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", list(words))
    assert importlib.import_module("models.__main__").main() == 0
    assert ("-o" in words) == bool(set(tmp_path.rglob("*.*")) - before)


def test_the_example_of_the_library_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)
    shutil.copy(PHOTO, tmp_path / "cat.jpg")
    monkeypatch.chdir(tmp_path)
    exec("".join(example), {})
    assert (tmp_path / "cat.png").read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 20 and max(map(len, lines)) <= 80
    assert "bound method" not in lines[0] and not any("Grid(" in line for line in lines)


def test_the_moving_picture_moves_and_is_small() -> None:
    file = ROOT / "docs" / "demo.gif"
    with Image.open(file) as film:
        assert getattr(film, "n_frames", 1) > 30
    assert file.stat().st_size < 1_500_000


# --- links and names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        address = urlsplit(link)
        if address.scheme:
            assert address.scheme == "https", link
            continue
        target = (page.parent / unquote(address.path)).resolve() if address.path else page
        assert target.is_file(), f"{link}: link a file that there is"
        assert target.is_relative_to(ROOT)
        if address.fragment:
            assert address.fragment in anchors(target), f"{link}: {sorted(anchors(target))}"


FILE = re.compile(
    r"\.?(?:bench|bot|deploy|devstack|docs|glyphcord|jobs|models|playground|tests|worker|ci)/[\w./-]*\w/?"
)
DOTTED = re.compile(r"(?:bench|bot|devstack|glyphcord|jobs|models|playground|worker)(?:\.\w+)+")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_and_names_of_the_code_are_there(page: Path) -> None:
    for words in code(page):
        if FILE.fullmatch(words):
            assert (ROOT / words).exists(), words
        elif DOTTED.fullmatch(words) and not (ROOT / words).exists():
            parts = words.split(".")
            depth = max(n for n in range(1, len(parts) + 1) if is_module(parts[:n]))
            value: Any = importlib.import_module(".".join(parts[:depth]))
            for part in parts[depth:]:
                value = getattr(value, part)  # says which there is not


def test_the_glossary_is_in_alphabetical_order_and_names_files() -> None:
    ((_, *rows),) = tables(ROOT / "docs" / "glossary.md")
    terms = [row[0].lower() for row in rows]
    assert terms == sorted(set(terms)) and len(terms) > 60
    for term, what, where in rows:
        assert what and FILE.fullmatch(where.strip("`")), term  # that they are there, the test above says


def test_the_tree_of_the_architecture_names_every_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.split("## The tree")[1].split("```")[1]
    named, top = set[str](), ""
    for indent, folder in re.findall(r"^( *)(\w+)/ ", tree, re.MULTILINE):
        top = top if indent else folder
        named.add(f"{top}/{folder}" if indent else folder)
    packages = {
        str(file.parent.relative_to(ROOT))
        for room in ("bot", "jobs", "worker", "models", "playground", "devstack", "glyphcord")
        for file in (ROOT / room).rglob("__init__.py")
    }
    assert named - {"bench", "tests", "deploy"} == packages - {"models/training/configs"}


def is_module(parts: list[str]) -> bool:
    path = ROOT.joinpath(*parts)
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_every_failure_in_the_table_names_tests_that_there_are() -> None:
    (rows,) = (table for table in tables(ROOT / "docs" / "reliability.md") if table[0][-1] == "shown by")
    assert len(rows) > 20
    for what, *_, shown_by in rows[1:]:
        for entry in shown_by.split("; "):
            if entry in ("–", "the chaos run"):
                continue
            file, _, names = entry.partition(": ")
            text = (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")
            for words in names.split(", ") if names else ():
                assert re.search(rf"def test_\w*{words}", text), f"{what!r}: no test {words} in {file}"


def test_the_page_of_redis_lists_the_keys_there_are() -> None:
    used = set[str]()
    for room in ("bot", "jobs", "worker"):
        for file in (ROOT / room).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if (room == "jobs" and file.name == "connection.py") or re.search(
                r"jobs\.connection import .*PREFIX", text
            ):
                used |= set(re.findall(r"\{PREFIX\}([a-z]+)", text))
    listed = set(re.findall(r"`glyphcord:([a-z]+)", (ROOT / "docs" / "architecture.md").read_text("utf-8")))
    assert listed == used


# --- settings -----------------------------------------------------------------------------------------------

NOT_SETTINGS = {
    "YOUR_ID",  # in the invitation's address
    "PLAYGROUND_PASSWORD",  # the playground's own, for the page on other addresses
    "MESSAGE_REACTION_ADD",
    "OMP_NUM_THREADS",  # PyTorch's
    "XDG_CACHE_HOME",  # everybody's
    "PLAYGROUND_URL",
    "TESTS_AT_ONCE",  # the Makefile's
}


def settings_there_are() -> set[str]:
    compose_file = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    fields = {field.upper() for kind in (BotSettings, WorkerSettings) for field in kind.model_fields}
    return fields | set(re.findall(r"\$\{([A-Z_]+)", compose_file)) | {"COMPOSE_PROFILES"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_settings_on_a_page_are_there(page: Path) -> None:
    named = {word for words in code(page) for word in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", words)}
    listings = "".join(command.line for command in commands(page))
    named |= set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", listings))
    assert named - NOT_SETTINGS <= settings_there_are()


def test_a_page_that_tells_a_default_tells_the_one_there_is() -> None:
    told = {
        row[0].strip("`"): row[1].strip("`")
        for page in PAGES
        for table in tables(page)
        if table[0][:2] == ["setting", "default"]
        for row in table[1:]
    }
    assert len(told) >= 4
    fields = {**BotSettings.model_fields, **WorkerSettings.model_fields}
    for setting, default in told.items():
        assert ("–" if (real := fields[setting.lower()].default) is None else str(real)) == default, setting


def test_the_page_of_settings_is_current_and_explains_each() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.markdown(), (
        "python -m docs.settings_page"
    )
    (*ours, others) = tables(settings_page.PAGE)
    told = {row[0].strip("`"): row[-1] for table in (*ours, others) for row in table[1:]}
    assert set(told) >= settings_there_are() - {"REDIS_MAXMEMORY"} and all(told.values())


@pytest.mark.parametrize("kind", [BotSettings, WorkerSettings])
def test_the_lines_of_env_example_that_stay_commented_show_the_defaults(
    kind: type[BotSettings | WorkerSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in kind.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.setenv("DISCORD_TOKEN", "token")
    defaults = kind(_env_file=None)  # type: ignore[call-arg]
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.+)$", text, re.MULTILINE)
    assert len(lines) > 20
    for setting, value in lines:
        monkeypatch.setenv(setting, value)
    assert kind(_env_file=None) == defaults  # type: ignore[call-arg]


# --- what people type in Discord ----------------------------------------------------------------------------


def typed() -> dict[str, set[str]]:
    """Each slash command that there is, "settings channel" as well as "ascii", and its options."""
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    found: dict[str, set[str]] = {}
    for one in all_commands():
        tree.add_command(one)
    for command in tree.walk_commands():
        options = command.parameters if isinstance(command, app_commands.Command) else []
        found[command.qualified_name] = {option.display_name for option in options}
    return found


def test_commands_in_discord_are_there_with_their_options() -> None:
    there = typed()
    starts = {name.split()[0] for name in there}
    seen = set[str]()
    for page in (page for page in PAGES if name(page) != "playground/README.md"):  # it has addresses of that form
        for words in (words for words in code(page) if re.match(r"/[a-z]+\b(?![/.\w])", words)):
            first, *rest = words[1:].split()
            if first not in starts:
                assert first in ("healthz", "readyz", "metrics"), f"{page.name}: {words}"
                continue
            sub = f"{first} {rest[0]}" if rest and re.fullmatch(r"\w+", rest[0]) else first
            assert sub in there or rest == ["…"], f"{page.name}: {words}"
            seen.add(sub)
            options = {word.partition(":")[0] for word in rest if ":" in word}
            assert options <= there[sub], f"{page.name}: {words}"
    assert seen >= set(there) - {"settings"}, "commands that no page tells of"


def test_the_invitation_asks_for_the_permissions_that_the_page_names() -> None:
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    (number,) = re.findall(r"permissions=(\d+)", page)
    asked = {permission for permission, given in discord.Permissions(int(number)) if given}
    sentence = page.split("That number is ")[1].split("\n\n")[0].lower().replace("\n", " ")
    words = sentence.replace("view channels", "read messages").split("*")[1::2]  # the library's name for that
    named = {permission.replace(" ", "_") for permission in words}
    assert asked == named


DISCORDS_OWN = ("The application did not respond", "thinking", "working on it")


@pytest.mark.parametrize("title", ["getting-started", "reliability"])
def test_what_people_are_said_to_read_is_what_the_programs_say(title: str) -> None:
    said = [*SENTENCES.values(), (ROOT / "docker-compose.yml").read_text(encoding="utf-8")]
    said += [file.read_text(encoding="utf-8") for room in ("bot", "jobs") for file in (ROOT / room).glob("*.py")]
    cells = [cell for table in tables(ROOT / "docs" / f"{title}.md") for row in table for cell in row]
    quoted = [words for cell in cells for words in re.findall('"(.+?)"', cell)]
    assert len(quoted) > 5
    for words in quoted:
        for part in filter(None, (part.strip() for part in words.split("…"))):
            assert part.startswith(DISCORDS_OWN) or any(part in text for text in said), words


# --- the site -----------------------------------------------------------------------------------------------


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    return subprocess.run(
        command,
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def in_menu(entries: list[Any]) -> dict[str, str]:
    """Title by page, of mkdocs.yml's navigation."""
    pages: dict[str, str] = {}
    for entry in entries:
        ((title, below),) = entry.items()
        pages |= in_menu(below) if isinstance(below, list) else {below: title}
    return pages


def test_pages_have_the_titles_of_the_menu() -> None:
    menu = re.search(r"^nav:\n.*", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert menu is not None
    titles = in_menu(yaml.safe_load(menu[0])["nav"])
    assert set(titles) >= {path.name for path in (ROOT / "docs").glob("*.md")}
    for page, title in titles.items():
        path = ROOT / page.removeprefix("repository/") if page.startswith("repository/") else ROOT / "docs" / page
        assert path.read_text(encoding="utf-8").splitlines()[0] == f"# {title}", page


class Built(HTMLParser):
    """One page of the site: what it loads, where it leads, and what can be led to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.ids: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.ids |= {given[key] for key in ("id", "name") if key in given}
        if "src" in given:
            self.loads.append(given["src"])
        elif tag == "link" and given.get("rel") not in ("prev", "next", "canonical"):
            self.loads.append(given.get("href", ""))
        elif tag == "a" and "href" in given:
            self.leads.append(given["href"])


def test_the_site_is_whole_and_loads_nothing_from_elsewhere(site: Path) -> None:
    built = {file.resolve(): Built(file) for file in site.rglob("*.html") if file.name != "404.html"}
    assert len(built) > 20
    for file, page in built.items():
        for address in map(urlsplit, page.loads + page.leads):
            if address.scheme or address.netloc:
                assert address.geturl() not in page.loads, f"{file.name} loads {address.geturl()}"
                continue
            target = (file.parent / unquote(address.path)).resolve() if address.path else file
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{file.name} leads to {address.geturl()}"
            if address.fragment and target in built:
                assert unquote(address.fragment) in built[target].ids, f"{file.name}: {address.geturl()}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )[\"']?(https?:)?//", sheet.read_text(encoding="utf-8"))


def test_what_pages_link_to_outside_of_docs_is_in_the_site(site: Path) -> None:
    results = (site / "repository" / "bench" / "RESULTS.html").read_text(encoding="utf-8")
    assert "<table>" in results and "Results" in results  # a page, and in the navigation
    rules = (site / "repository" / "deploy" / "prometheus" / "alerts.yml.html").read_text(encoding="utf-8")
    assert "repository/deploy/prometheus/alerts.yml.html" in (site / "operations.html").read_text("utf-8")
    first = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8").splitlines()[0]
    assert first.lstrip("# ").split(":")[0].split(",")[0] in rules


def test_a_link_to_nowhere_ends_the_build(tmp_path: Path) -> None:
    """The site's own settings and hook, on two pages."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for needed in ("outside.py", "site.css", "iframe-worker.js"):
        shutil.copy(ROOT / "docs" / needed, docs)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(re.split(r"^nav:\n", settings, flags=re.MULTILINE)[0], encoding="utf-8")
    (docs / "deploy.md").write_text("# Deploy\n\n## There\n")
    (docs / "index.md").write_text(
        "# Start\n\n[a](../bench/NOTHING.md) [b](deploy.md#nothing) [c](deploy.md#there)\n"
    )
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "NOTHING.md" in done.stderr and "#nothing" in done.stderr
    assert done.stderr.count("WARNING") == 2, "and nothing else does"


@needs_chromium
def test_the_site_can_be_searched_when_it_is_opened_as_a_file(site: Path) -> None:
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "repository" / "playground" / "index.html").as_uri())
        page.get_by_role("textbox", name="Search").first.click()
        page.keyboard.type("noeviction")
        found = page.locator(".md-search-result__link").first
        found.click(timeout=30_000)
        expect(page.locator("h1")).to_have_text(re.compile("Deploy|Getting started|Questions|Reliability"))
    assert asked and not [address for address in asked if not address.startswith(("file:", "data:", "blob:"))]


# --- for who takes part -------------------------------------------------------------------------------------


def test_the_changelog_begins_with_this_version() -> None:
    (first, *_) = re.findall(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first == PROJECT["version"]


FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_issue_forms_are_what_a_forge_takes(form: Path) -> None:
    read = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert set(read) <= {"name", "description", "title", "labels", "assignees", "projects", "type", "body"}
    assert all(isinstance(read[key], str) and read[key] for key in ("name", "description"))
    ids = [part["id"] for part in read["body"] if part["type"] != "markdown"]
    assert ids and len(ids) == len(set(ids))
    for part in read["body"]:
        attributes = part["attributes"]
        match part["type"]:
            case "markdown":
                assert attributes["value"]
                continue
            case "dropdown":
                assert len(attributes["options"]) == len(set(attributes["options"])) > 1
            case "checkboxes":
                assert all(set(option) <= {"label", "required"} for option in attributes["options"])
            case kind:
                assert kind in ("input", "textarea")
        assert attributes["label"]
        assert set(attributes) <= {"label", "description", "placeholder", "value", "render", "options"}
        assert set(part) <= {"type", "id", "attributes", "validations"}
