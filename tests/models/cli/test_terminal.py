"""What a terminal is taken to show, and how an animation ends in it."""

import pytest

from models.cli.terminal import play, terminal_colours


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm-256color"}, "full"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "full"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "256"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, None),
        ({"TERM": "xterm", "NO_COLOR": ""}, "full"),
        ({"TERM": "dumb"}, None),
        ({}, None),
    ],
)
def test_what_terminals_show(environment: dict[str, str], colours: str | None) -> None:
    assert terminal_colours(environment) == colours


def test_frames_take_their_time_and_stand_in_one_place() -> None:
    said: list[object] = []
    play(["a\nb\n", "c\nd\n"], [40, 1000], 2, said.append, said.append)
    back = "\x1b[2A\r"
    assert said == [
        *("\x1b[?25l", "a\nb\n", 0.04, back + "c\nd\n", 1.0),
        *(back + "a\nb\n", 0.04, back + "c\nd\n", 1.0, "\x1b[?25h"),
    ]


def test_what_runs_for_ever_ends_with_the_cursor_back() -> None:
    said: list[str] = []

    def impatient(_seconds: float) -> None:
        if len(said) > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(["a\n", "b\n"], [20, 20], 0, said.append, impatient)
    assert said[-1] == "\x1b[?25h"
    assert len(said) == 12
