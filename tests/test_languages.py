"""The translations are complete, fill the same braces as the English, and fit where Discord shows them."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.pofile import read_po

import bot
import jobs
import worker
from bot.commands.about import PRIVACY, help_text
from bot.commands.ascii import UNSEEN_HELP
from bot.commands.command_mentions import NAMED, CommandIds
from bot.commands.settings_text import settings_text
from bot.commands.welcome import WELCOME
from bot.components.redo_form import FIELDS, form_for
from bot.render.options import named_palette, suggest_palettes
from bot.settings import BotSettings
from jobs.server_settings import GuildSettings
from jobs.text.buttons import LABELS
from jobs.text.choices import FORMATS, PALETTES
from jobs.text.sentences import INTERIM, ONE, SENTENCES, is_interim
from jobs.text.translation import (
    ENGLISH,
    FOLDER,
    LANGUAGES,
    NAME,
    PALETTE,
    language_of,
    template_count,
    translate,
    translate_count,
    translate_in,
)
from models.sentences import NOTES
from tests.bot.test_locales import parts, payloads
from tests.jobs.requests import a_request
from worker.delivery.result_message import TOO_LONG

NAMES = sorted(set(LANGUAGES.values()))
SPEAKS = {"translate": 1, "template": 1, "translate_count": 2}
"""Functions that translate, and how many of their first arguments are texts."""

Text = tuple[str | None, str | tuple[str, ...]]
"""Context, and the text or its singular and plural."""


@dataclass(frozen=True)
class Entry:
    """A text of a catalogue, with its plural if it has one, and what it is in that language."""

    context: str | None
    english: tuple[str, ...]
    translated: tuple[str, ...]

    @property
    def text(self) -> Text:
        return self.context, self.english if len(self.english) == 2 else self.english[0]


def entries(name: str) -> list[Entry]:
    """A whole catalogue."""
    with (FOLDER / f"{name}.po").open("rb") as file:
        found = [message for message in read_po(file, locale=name, abort_invalid=True) if message.id]
    assert not any(message.fuzzy for message in found)

    def several(text: object) -> tuple[str, ...]:
        return tuple(map(str, text)) if isinstance(text, (list, tuple)) else (str(text or ""),)

    return [Entry(message.context, several(message.id), several(message.string)) for message in found]


def words_of(node: ast.expr, module: ModuleType) -> set[str]:
    """The texts that an argument may be: written there, a constant of the module, or any entry of one."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.Name(id=name) if isinstance(found := getattr(module, name, None), str):
            return {found}
        case ast.Subscript(value=ast.Name(id=name)) if isinstance(found := getattr(module, name, None), dict):
            return {text for text in found.values() if isinstance(text, str)}
        case ast.IfExp(body=one, orelse=other):
            return words_of(one, module) | words_of(other, module)
    return set()


def spoken() -> Iterator[Text]:
    """Every text that the code of bot, jobs and worker hands to a function that translates."""
    for package in (bot, jobs, worker):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            if path.stem.startswith("__"):
                continue
            module = importlib.import_module(".".join(path.relative_to(folder.parent).with_suffix("").parts))
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                texts = [words_of(one, module) for one in node.args[: SPEAKS.get(name, 0)]]
                if name == "translate_count" and all(texts):
                    yield None, tuple(text for found in texts for text in found)
                elif len(texts) == 1:
                    yield from ((None, text) for text in texts[0])
                elif name == "_change":
                    yield from ((None, text) for one in node.args[2:3] for text in words_of(one, module))
                elif name in ("listed", "partial"):
                    yield from ((None, text) for one in node.args[:2] for text in words_of(one, module))


async def wanted() -> set[Text]:
    found: set[Text] = {text for text in spoken() if not isinstance(text[1], tuple) or len(text[1]) == 2}
    found |= {(None, text) for code, text in SENTENCES.items() if code not in ONE}
    found |= {(None, (ONE[code], SENTENCES[code])) for code in ONE}
    registries: list[Any] = [LABELS, NOTES, FIELDS, UNSEEN_HELP, {1: TOO_LONG}]
    found |= {(None, text) for registry in registries for text in registry.values()}
    labels = [format.label for format in FORMATS.values()] + [palette.label for palette in PALETTES.values()]
    found |= {(None, label) for label in labels}
    found |= {(PALETTE, name) for name in PALETTES}
    for payload in await payloads():
        for part in parts(payload):
            found.add((None if "value" in part else NAME, part["name"]))
            if part.get("description"):
                found.add((None, part["description"]))
    # Said about several things only, so it has no plural of its own.
    return found - {(None, SENTENCES[code]) for code in ONE}


@pytest.mark.parametrize("name", NAMES)
async def test_every_text_is_translated_and_none_is_left_over(name: str) -> None:
    found, everything = entries(name), await wanted()
    there = {entry.text for entry in found}
    assert everything - there == set(), "not translated"
    assert there - everything == set(), "no longer said"
    assert all(words for entry in found for words in entry.translated)


@pytest.mark.parametrize("name", NAMES)
def test_translations_fill_the_same_braces_and_keep_what_is_typed(name: str) -> None:
    def braces(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)(?::,)?\}", text))

    for entry in entries(name):
        # The first of as many forms as in English may be for one alone; any other is held to that for many.
        alike = len(entry.translated) == len(entry.english)
        english = entry.english if alike else entry.english[-1:] * len(entry.translated)
        for ours, theirs in zip(english, entry.translated, strict=True):
            assert braces(ours) == braces(theirs) - ({"count"} - braces(ours)), theirs
            for kept in re.findall(r"#[0-9a-f]{6}|[A-Z_]{9,}|[0-9]{2,}", ours):
                assert kept in theirs, (kept, theirs)
            assert ours.count("`") == theirs.count("`") and ours.count("**") == theirs.count("**"), theirs


@pytest.mark.parametrize("name", NAMES)
def test_a_form_that_is_said_of_several_numbers_names_them(name: str) -> None:
    """In French of 0 and 1, in Russian of 1, 21, 31 …"""
    texts = [(entry.english[0], entry.english[1]) for entry in entries(name) if len(entry.english) == 2]
    for one, many in texts:
        said: dict[str, set[int]] = {}
        for count in range(120):
            said.setdefault(template_count(one, many, count, name), set()).add(count)
        assert all("{count}" in form or counts == {1} for form, counts in said.items()), said


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("fr", {0: "image", 1: "image", 2: "images", 5: "images", 21: "images"}),
        ("pt_BR", {0: "imagem", 1: "imagem", 2: "imagens", 21: "imagens"}),
        ("ru", {1: "картинка", 2: "картинки", 4: "картинки", 5: "картинок", 11: "картинок", 21: "картинка"}),
    ],
)
def test_counts_take_the_form_of_their_language(language: str, forms: dict[int, str]) -> None:
    for count, word in forms.items():
        said = translate_count(ONE["waiting"], SENTENCES["waiting"], count, language)
        assert re.search(rf"\b{count} {word}\b", said), said


@pytest.mark.parametrize("name", NAMES)
async def test_commands_and_options_in_sentences_are_called_as_discord_shows_them(name: str) -> None:
    locale = next(locale for locale, language in LANGUAGES.items() if language == name)
    commands, others, menu = set[str](), set[str](), translate_in(NAME, "Make ASCII", name)
    for payload in await payloads():
        commands.add(payload["name_localizations"][locale])
        others |= {part["name_localizations"][locale] for part in parts(payload) if part is not payload}
    for entry in entries(name):
        for text in entry.translated if entry.context is None else ():
            for command, sub in re.findall(r"(?:^|[\s`。])/(\w+)(?: (\w+)`)?", text):
                assert command in commands, text
                assert not sub or sub in others, text
            for option in re.findall(r"(?:^| )(\w+):", " ".join(re.findall(r"`/?([^`]*)`", text))):
                assert option in others, text
            assert ("Make ASCII" in entry.english[0]) == (menu in text), text


@pytest.mark.parametrize("language", [ENGLISH, *NAMES])
def test_what_promises_more_is_told_from_what_is_the_last_word(language: str) -> None:
    anything = {name: "5" for text in SENTENCES.values() for name in re.findall(r"\{(\w+)\}", text)}
    for code, text in SENTENCES.items():
        if code not in ONE:
            assert is_interim(translate(text, language, **anything)) == (code in INTERIM), code
            continue
        facts = {name: value for name, value in anything.items() if name != "count"}
        for count in (1, 5):
            assert is_interim(translate_count(ONE[code], text, count, language, **facts)) == (code in INTERIM), code


@pytest.mark.parametrize("language", [ENGLISH, *NAMES])
def test_everything_fits_where_discord_shows_it(language: str) -> None:
    reactions = BotSettings.model_validate({"discord_token": "x"}).reaction_palettes
    ids = CommandIds()
    ids.note([{"name": name, "id": "1" * 19} for name in NAMED])
    assert len(help_text(ids, language, reactions)) <= 2000
    assert (
        len(translate(PRIVACY, language, days=30, picture_days=30, grace_days=7, **ids.mentions(language))) <= 2000
    )
    assert len(translate(WELCOME, language, **ids.mentions(language))) <= 2000
    listed = frozenset(str(10**18 + number) for number in range(150))
    full = GuildSettings(channels=listed, roles=listed, blocked=listed, log_channel="1", palette="#0000ff-#ff69b4")
    assert len(settings_text(full, language)) <= 1980
    assert all(len(translate(label, language)) <= 80 for label in LABELS.values())
    for typed in ("", "#", "#0000ff", "#0000ff-#ff69b4"):
        assert all(0 < len(label) <= 100 for label, _ in suggest_palettes(typed, language))


@pytest.mark.parametrize("language", [ENGLISH, *NAMES])
async def test_the_form_fits_where_discord_shows_it(language: str) -> None:
    forms = [form_for(a_request(), language, styles).to_dict() for styles in ((), ("classic", "lines"))]
    assert all(len(form["title"]) <= 45 and len(form["components"]) == 5 for form in forms)
    for label in (label for form in forms for label in form["components"]):
        assert len(label["label"]) <= 45 and len(label.get("description") or "") <= 100
        inner = label["component"]
        assert len(inner.get("placeholder") or "") <= 100
        assert all(len(option["label"]) <= 100 for option in inner.get("options", []))
        assert len(inner.get("options", [])) <= 25


@pytest.mark.parametrize("language", NAMES)
def test_a_palette_can_be_typed_as_it_is_shown(language: str) -> None:
    for label, name in suggest_palettes("", language)[:-1]:
        assert named_palette(label) == named_palette(name) == name
        assert (label, name) in suggest_palettes(label[:2], language)


def test_the_build_compiles_every_language_and_running_needs_no_babel(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    root = FOLDER.parents[2]
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(command, cwd=root, capture_output=True, check=True)
    assert sorted(file.stem for file in (tmp_path / "jobs/text/languages").glob("*.mo")) == NAMES
    code = """
import sys
sys.modules["babel"] = None
from jobs.text.translation import translate
print(translate("Delete", "de"))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "Löschen\n"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"),
        ("es-419", "es"),
        ("zh-CN", "zh_CN"),
        ("en-GB", "en"),
        ("fr", "fr"),
        ("pt-BR", "pt_BR"),
        ("ru", "ru"),
        ("it", "en"),
        (None, "en"),
    ],
)
def test_discords_locales_have_their_language_or_english(locale: str | None, language: str) -> None:
    assert language_of(locale) == language
    assert translate("Delete", language) != "" and translate("Delete", "language of a later version") == "Delete"


def test_counts_take_the_right_form() -> None:
    said = [translate_count(ONE["waiting"], SENTENCES["waiting"], count, "es") for count in (1, 2)]
    assert said == ["En espera: hay una imagen antes que la tuya.", "En espera: hay 2 imágenes antes que la tuya."]
