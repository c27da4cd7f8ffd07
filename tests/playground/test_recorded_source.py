"""Whatever people and bots write comes into a recorded test as text, and files come as files."""

from __future__ import annotations

import ast
import inspect
import io
import zipfile

import pytest

from playground.recording.pytest_file import as_zip, source_of
from playground.recording.steps import Recording
from playground.recording.writer import RESERVED
from playground.request_body import Upload
from playground.state.events import Deed, Events
from playground.testing import ASCII_CHANNEL, MIA_ID, Scene
from playground.types import Json

ODD = '"""\n"; import os  # \\ \u2028\u202e é 🩷'


def recorded(*deeds: tuple[str, Json, list[Upload]], name: str = "odd") -> Recording:
    events = Events()
    recording = Recording(events, lambda _: None)
    recording.start(name)
    for what, details, files in deeds:
        events.did(Deed(what, MIA_ID, ASCII_CHANNEL, details, files))
    return recording


def parsed(recording: Recording) -> ast.Module:
    """The test, which is nothing but its docstring, imports, HERE and one function of calls."""
    module = ast.parse(source_of(recording)[0])
    assert {type(node) for node in module.body} <= {ast.Expr, ast.ImportFrom, ast.Assign, ast.FunctionDef}
    assert sum(isinstance(node, ast.Expr) for node in module.body) == 1
    assert ast.get_docstring(module)
    return module


def texts(module: ast.Module) -> list[str]:
    return [
        node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


BUTTON = {"type": 2, "custom_id": "c", "label": ODD}


@pytest.mark.parametrize(
    ("what", "details"),
    [
        ("slash", {"command": ODD, "options": {ODD: ODD, "answer": ODD, "ﬁle": ODD}, "interaction_id": "5"}),
        (
            "click",
            {
                "message_id": "1",
                "component": BUTTON,
                "components": [{"type": 1, "components": [BUTTON]}],
                "values": [ODD],
                "interaction_id": "5",
            },
        ),
        ("message", {"message_id": "1", "content": ODD, "embeds": [{ODD: ODD}]}),
        ("react", {"message_id": "1", "emoji": ODD}),
        ("request", {"message_id": "1", "method": "POST", "path": "/playground/pin", "more": {ODD: [ODD]}}),
        ("fault", {"named": {"path": ODD, "body": {ODD: ODD}}, "positional": [ODD]}),
    ],
)
def test_odd_texts_stay_texts(what: str, details: Json) -> None:
    assert ODD in texts(parsed(recorded((what, details, []), name=ODD)))


def test_odd_names_of_files_stay_texts() -> None:
    upload = Upload(field="f", filename=ODD, content_type=ODD, data=b"x")
    recording = recorded(("message", {"message_id": "1", "content": "x"}, [upload]))
    assert texts(parsed(recording)).count(ODD) == 2


def test_options_are_not_taken_for_the_words_of_the_plugin() -> None:
    assert set(inspect.signature(Scene.slash).parameters) - {"more"} == RESERVED


def test_a_control_has_all_its_arguments() -> None:
    rule = {"path": "/messages", "status": 429, "times": None, "global": True}
    source, _ = source_of(recorded(("fault", {"named": rule, "positional": []}, [])))
    (call,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    given = [(argument.arg, ast.literal_eval(argument.value)) for argument in call.keywords]
    assert given == [("path", "/messages"), ("status", 429), ("times", None), (None, {"global": True})]


def test_a_text_that_speaks_of_an_answer_is_not_renamed() -> None:
    said = "see message_2, and message_3."
    deeds: list[tuple[str, Json, list[Upload]]] = [
        ("message", {"message_id": str(n), "content": said}, []) for n in range(1, 4)
    ]
    reply = {"message_id": "9", "content": "x = message_3 = ", "reference": {"message_id": "3"}}
    lines = source_of(recorded(*deeds, ("message", reply, [])))[0].splitlines()
    assert lines[-3:] == [
        f'    playground.message("{said}")',
        f'    message = playground.message("{said}")',
        '    playground.message("x = message_3 = ", reply_to=message)',
    ]


def test_no_uploaded_file_is_the_test_or_code_beside_it() -> None:
    names = [
        "test_odd.py",
        "conftest.py",
        "pathlib.so",
        "pytest.ini",
        "../../a.png",
        "..\\b.png",
        "Cat.png",
        "cat.png",
    ]
    uploads = [Upload(field="f", filename=name, content_type="image/png", data=name.encode()) for name in names]
    recording = recorded(("message", {"message_id": "1", "content": "x"}, uploads))
    found = zipfile.ZipFile(io.BytesIO(as_zip(recording))).namelist()
    assert found == [
        "test_odd.py",
        "test_odd.py.data",
        "conftest.py.data",
        "pathlib.so.data",
        "pytest.ini.data",
        "_.._a.png",
        "_b.png",
        "Cat.png",
        "cat-2.png",
    ]
    assert source_of(recording)[1]["test_odd.py.data"] == b"test_odd.py"
    assert set(names) - {"Cat.png"} <= set(texts(parsed(recording)))
