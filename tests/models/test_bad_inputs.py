"""Hostile and odd files, some hundred more where a collection is at hand: each is drawn or refused, in time.

Decoding happens in processes that can be killed, as in the worker; one file's hang costs only its own time.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hostile import collected, write_hostile

ROOT = Path(__file__).parents[2]
LIMIT_S = 60
MEMORY = 1536 * 2**20

# Names of files come in, one line of JSON for each goes out.
CHILD = f"""
import json, resource, sys
from pathlib import Path
from models.rendering.still import decode
from models.problems import PictureProblem
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
print("ready", flush=True)
for line in sys.stdin:
    try:
        outcome = list(decode(Path(json.loads(line)).read_bytes()).shape)
    except PictureProblem as problem:
        outcome = problem.code
    except BaseException as error:
        outcome = "escaped: " + repr(error)
    print(json.dumps(outcome), flush=True)
"""


def outcomes(files: list[Path]) -> Iterator[tuple[Path, object]]:
    """What becomes of each file in one long-lived child, which is replaced when it hangs or dies."""
    child: subprocess.Popen[str] | None = None
    with ThreadPoolExecutor(1) as reader:
        for file in files:
            if child is None:
                child = subprocess.Popen(
                    [sys.executable, "-c", CHILD],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=ROOT,
                )
                assert child.stdout is not None
                assert child.stdout.readline() == "ready\n"
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(json.dumps(str(file)) + "\n")
            child.stdin.flush()
            answer = reader.submit(child.stdout.readline)
            try:
                line = answer.result(LIMIT_S)
                outcome = json.loads(line) if line else f"died: {child.wait()}"
            except TimeoutError:
                outcome = f"hung: over {LIMIT_S} s"
            if isinstance(outcome, str) and outcome.startswith(("died", "hung")):
                child.kill()
                child.wait()
                child = None
            yield file, outcome
    if child is not None:
        child.kill()
        child.wait()


def outcomes_without_accident(files: list[Path]) -> dict[Path, object]:
    found = dict(outcomes(files))
    bad = {
        file.name: outcome
        for file, outcome in found.items()
        if isinstance(outcome, str) and outcome.startswith(("escaped", "died", "hung"))
    }
    assert not bad
    return found


def test_every_file_is_drawn_or_refused(tmp_path: Path) -> None:
    found = outcomes_without_accident(write_hostile(tmp_path))
    wrong = {
        f"{file.parent.name}/{file.name}": outcome
        for file, outcome in found.items()
        if file.parent.name == ("refused" if isinstance(outcome, list) else "drawn")
    }
    assert not wrong


def test_every_file_of_the_collection_is_drawn_or_refused() -> None:
    if not (present := collected()):
        pytest.skip("the larger collection, shared/bad-inputs, is not beside this repository")
    found = outcomes_without_accident(present)
    # What is valid by its makers' own word must be drawn, but for their pictures of 1 to 7 pixels.
    valid = [file for file in present if file.parent.name == "pngsuite_valid"]
    assert {str(found[file]) for file in valid if not isinstance(found[file], list)} <= {"too_small"}
    broken = [file for file in present if file.parent.name == "pngsuite_broken"]
    # The last one's only fault is a checksum, which Pillow leaves unread; its pixels are whole.
    assert [file.name for file in broken if isinstance(found[file], list)] in ([], ["xcsn0g01.png"])
