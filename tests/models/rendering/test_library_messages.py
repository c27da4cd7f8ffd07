"""What libraries write to standard error: the beginning, a count, and nothing that could spoil a log."""

import logging
import os
import sys
from collections.abc import Iterator

import pytest

from models.rendering.library_messages import KEPT, Listener, Messages, as_one_record
from models.rendering.still import decode
from tests.models.pictures import damaged_fax


@pytest.fixture
def pipe() -> Iterator[tuple[Listener, int]]:
    reading, writing = os.pipe()
    listener = Listener(reading)
    try:
        yield listener, writing
    finally:
        os.close(writing)
        listener.join()


def test_much_is_counted_and_its_beginning_kept(pipe: tuple[Listener, int]) -> None:
    listener, writing = pipe
    line = b"Bad code word at line 23 of strip 0.\n"
    for _ in range(20_000):
        os.write(writing, line)
    heard = listener.take()
    assert heard == Messages(20_000, 20_000 * len(line), repr((line * 20_000)[:KEPT].decode()))
    assert listener.take() is None
    os.write(writing, b"more")
    assert listener.take() == Messages(0, 4, "'more'")


def test_what_is_kept_is_one_line_that_commands_no_terminal(pipe: tuple[Listener, int]) -> None:
    listener, writing = pipe
    os.write(writing, b"one\r\n2026-11-23 INFO forged=line\x1b[2J\x9b\xff\n")
    heard = listener.take()
    assert heard is not None
    assert heard.begin == r"'one\r\n2026-11-23 INFO forged=line\x1b[2J\\x9b\\xff\n'"


def test_what_came_before_the_end_is_still_there(pipe: tuple[Listener, int]) -> None:
    reading, writing = os.pipe()
    listener = Listener(reading)
    os.write(writing, b"last words")
    os.close(writing)
    listener.join()
    assert listener.take() == Messages(0, 10, "'last words'")
    assert listener.take() is None


def test_a_damaged_fax_is_one_record(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled(), as_one_record():
        decode(damaged_fax())
    (record,) = caplog.records
    words = record.getMessage()
    assert record.levelno == logging.WARNING and "\n" not in words
    assert words.startswith("picture libraries wrote lines=") and "Fax3Decode1D" in words
    assert int(words.split("lines=")[1].split()[0]) > 100
    assert len(words) < 2 * KEPT


def test_what_python_writes_goes_where_it_went(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.readlink("/proc/self/fd/2") if os.path.exists("/proc/self/fd/2") else ""  # noqa: PTH110, PTH115
    with pytest.raises(KeyError), as_one_record():
        print("words of ours", file=sys.stderr)
        os.write(2, b"words of a library\n")
        raise KeyError
    print("words behind", file=sys.stderr)
    heard = capfd.readouterr().err
    assert "words of ours\n" in heard and "words behind\n" in heard
    assert "words of a library\n" not in heard.replace("'words of a library", "")
    assert before == (os.readlink("/proc/self/fd/2") if before else "")  # noqa: PTH115
