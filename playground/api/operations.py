"""What Discord calls each request: the operations of its API, whether or not they are answered here.

operations.txt lists them, one a line, in the order in which Discord's published OpenAPI description has them;
`python -m docs.playground_operations` writes it anew from there.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).with_name("operations.txt")
Shape = tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """One method on one path, by Discord's own id for it."""

    method: str
    template: str
    id: str


def read_list(text: str) -> tuple[Operation, ...]:
    """The operations of a list; lines that begin with # are for readers."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(Operation(*line) for line in lines)


OPERATIONS: Final = read_list(LIST.read_text(encoding="utf-8"))


def shape(template: str) -> Shape:
    """The segments of a template with nothing said of its parameters' names: `/users/{user_id}` is (users, {})."""
    return tuple("{}" if part.startswith("{") else part for part in template.strip("/").split("/"))


def parameters(template: str) -> tuple[str, ...]:
    """Names of a template's parameters, in order."""
    return tuple(re.findall(r"\{(\w+)\}", template))


def fits(pattern: Shape, segments: list[str]) -> bool:
    """Whether a path has this shape."""
    return len(pattern) == len(segments) and all(
        part in ("{}", given) and given for part, given in zip(pattern, segments, strict=True)
    )
