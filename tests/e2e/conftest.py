"""The whole service as real processes, once for this folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.stack import Stack
from jobs.text.sentences import is_interim
from playground.testing import Controls
from playground.testing.client import PATIENCE_S

ROOT = Path(__file__).parents[2]
PANDA = ROOT / "docs" / "samples" / "panda.jpg"


@pytest.fixture(scope="package")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the playground writes every REST exchange."""
    return tmp_path_factory.mktemp("record") / "exchange.jsonl"


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory, record: Path) -> Iterator[Stack]:
    """Valkey, playground, bot and one worker."""
    folder = tmp_path_factory.mktemp("stack")
    # One thread: the tests share the machine with everything they start.
    with Stack(folder, record=record, settings={"TORCH_THREADS": "1", "OMP_NUM_THREADS": "1"}) as running:
        yield running


class PatientControls(Controls):
    """Waits past what is only said meanwhile: a place in the queue, frames done."""

    def wait_for_answer(self, used: dict[str, Any], timeout: float = PATIENCE_S) -> dict[str, Any]:
        def settled() -> dict[str, Any] | None:
            answer = self.answer_to(used)
            return answer if answer and (answer["attachments"] or not is_interim(answer["content"])) else None

        return self.wait_for(settled, timeout)


@pytest.fixture
def controls(stack: Stack) -> Iterator[Controls]:
    """The playground's controls, with no fault left over."""
    yield PatientControls(stack.controls.url)
    stack.controls.clear_faults()


def exchanges(record: Path) -> list[dict[str, object]]:
    """All recorded exchanges so far."""
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
