"""Recorded exchanges against Discord's rules, and where this machine has it, its published OpenAPI description."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.discord_rules import DISCORDS_OWN, broken_rules

ALLOWED = (
    # Discord's documentation shows field errors with names for codes; its own description says integers.
    r"SPEC-RESP .*/_errors/\d+/code: '[A-Z_]+' is not of type 'integer'",
    # Two requests are wrong on purpose, for the sake of their answers.
    r"DOCS POST /channels/\{channel_id\}/messages (empty message|/content: over 2000)",
    # Deprecated, gone from the description, and still sent: interactions.py needs it.
    r"EXTRA-RESP .*/summary is not in the spec",
    # Forwards are documented, and its description does not know them yet.
    r".*/message_reference/type: (1 is not of type 'null'|0 was expected)",
    # So is the message that a new post in a forum brings along.
    r"EXTRA-RESP POST /channels/\{channel_id\}/threads /message",
    # interactions.py needs a field of applications that is not documented any more.
    r"EXTRA-RESP GET /(oauth2/)?applications/@me /summary",
)


async def hold_against_discords_description(record: Path) -> None:
    """Every request and every answer of the record, errors included, must fit. Fails with what does not."""
    checked, broken = broken_rules(record)
    assert checked > 5 and not broken, broken
    if not (DISCORDS_OWN / "validate.py").is_file():
        return
    command = [sys.executable, str(DISCORDS_OWN / "validate.py"), str(record), "--responses"]
    command += ["--spec", str(DISCORDS_OWN / "openapi.json")]
    for pattern in ALLOWED:
        command += ["--allow", pattern]
    done = await asyncio.to_thread(subprocess.run, command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 errors" in done.stdout


@functools.cache
def _validator() -> tuple[Any, Any] | None:
    """Discord's description and the program that reads it, once for all tests of a process; they take a second."""
    if not (DISCORDS_OWN / "validate.py").is_file():
        return None
    found = importlib.util.spec_from_file_location("discords_validate", DISCORDS_OWN / "validate.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module, module.Spec(str(DISCORDS_OWN / "openapi.json"))


def wrong_answers(exchanges: Iterable[dict[str, Any]]) -> list[str]:
    """What in these answers Discord's description does not allow; nothing where this machine has it not.

    Properties that it does not name count as well. Requests may be wrong on purpose, and paths too."""
    if (own := _validator()) is None:
        return []
    module, description = own
    found: list[str] = []
    for exchange in exchanges:
        template, _ = description.find(exchange["path"])
        if template is None or exchange["method"].lower() not in description.doc["paths"][template]:
            continue
        for kind, text in module.check(description, exchange, True):
            line = f"{kind} {exchange['method']} {template} {text}"
            if kind.endswith("-RESP") and not any(re.search(pattern, line) for pattern in ALLOWED):
                found.append(line)
    return found
