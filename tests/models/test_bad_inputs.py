"""Several hundred hostile and odd files, where the collection is at hand: each is drawn or refused, in time.

Decoding happens in processes that can be killed, as in the worker; one file's hang costs only its own time.
"""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLLECTION = ROOT.parent / "shared" / "bad-inputs"
LIMIT_S = 10
MEMORY = 1536 * 2**20

# Names of files come in, one line of JSON for each goes out.
CHILD = f"""
import json, resource, sys
from pathlib import Path
from models.rendering.decode import decode
from models.problems import PictureProblem
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
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


def test_every_file_of_the_collection_is_drawn_or_refused() -> None:
    manifest = COLLECTION / "manifest.csv"
    if not manifest.is_file():
        pytest.skip(f"no collection of bad files beside this repository ({manifest.name} is not there)")
    with manifest.open(encoding="utf-8") as rows:
        listed = [COLLECTION / row["file"] for row in csv.DictReader(rows)]
    # Some files of the manifest are too large or too odd to travel with it.
    present = sorted(file for file in listed if file.is_file())
    assert present
    found = dict(outcomes(present))
    bad = {
        file.name: outcome
        for file, outcome in found.items()
        if isinstance(outcome, str) and outcome.startswith(("escaped", "died", "hung"))
    }
    assert not bad
    # What is valid by its makers' own word must be drawn, but for their pictures of 1 to 7 pixels.
    valid = [file for file in present if file.parent.name == "pngsuite_valid"]
    assert {str(found[file]) for file in valid if not isinstance(found[file], list)} <= {"too_small"}
    broken = [file for file in present if file.parent.name == "pngsuite_broken"]
    # The last one's only fault is a checksum, which Pillow leaves unread; its pixels are whole.
    assert [file.name for file in broken if isinstance(found[file], list)] in ([], ["xcsn0g01.png"])
