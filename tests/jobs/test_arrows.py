"""What `jobs` and `bot` may load: neither ever brings torch in, and the bot knows nothing of the worker."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("program", "forbidden"),
    [
        (
            "jobs.options, jobs.intake, jobs.queue, jobs.fleet, jobs.ledger, jobs.pictures",
            ("torch", "bot", "worker"),
        ),
        ("bot.client", ("torch", "worker", "playground", "safetensors", "httpx")),
    ],
)
def test_importing_brings_in_nothing_forbidden(program: str, forbidden: tuple[str, ...]) -> None:
    code = f"import sys, {program}; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(forbidden) & set(done.stdout.split())
