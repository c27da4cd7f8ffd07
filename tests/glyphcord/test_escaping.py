"""What strangers name their things reaches a terminal and a log as text and nothing else."""

import json
import unicodedata

import pytest

from glyphcord.arguments import Parser
from glyphcord.escaping import json_line, printable, printable_lines

HOSTILE = [
    "a\x1b[2J\x1b]0;title\x07b",
    "a\nforged line",
    "a\r\x08\x7fb",
    "a\x9b31mb",
    "\u202egnp.exe",
    "a\u2066b\u2069",
    "a\u200bb\ufeffc",
    "a\u2028b\u2029c",
    "a\ud800b",
    "a\U000e0001b",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_cannot_be_seen_is_written_out(text: str) -> None:
    for shown in (printable(text), json_line({"name": text}), printable(printable(text))):
        assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        shown.encode()
    assert json.loads(json_line({"name": text})) == {"name": text}


def test_every_character_of_unicode_is_written_out_or_seen() -> None:
    for number in range(0x110000):
        character = chr(number)
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert (printable(character) != character) == hidden, hex(number)


@pytest.mark.parametrize("text", ["", "cat.png", "猫 é ñ", "🩷 🖤", "a\\nb", "×…→"])
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
    assert json_line(text) == json.dumps(text, ensure_ascii=False)


def test_a_long_text_is_cut_after_it_was_escaped() -> None:
    assert printable("\x1b" * 100, 10) == "\\x1b\\x1b\\…"
    assert printable("abc", 3) == "abc"


def test_no_line_of_several_can_be_taken_for_one_of_its_own() -> None:
    first, *rest = printable_lines("Traceback:\n2026-11-28 INFO forged\x1b[1m").split("\n")
    assert first == "Traceback:" and all(line.startswith("    ") for line in rest)
    assert "\x1b" not in rest[0]


def test_a_file_whose_name_is_taken_for_an_option_writes_no_more_than_two_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        Parser(prog="glyphcord render").parse_args(["--a\x1b[2J\nforged"])
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2 and "\x1b" not in said
