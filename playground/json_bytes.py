"""JSON as it leaves the playground: in answers, gateway payloads, event streams and records."""

import json
from typing import Any


def as_json(data: Any) -> bytes:
    """As JSON in UTF-8; half of a surrogate pair, which UTF-8 cannot carry, as JSON's \\ud83e."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace")
