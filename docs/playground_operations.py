"""Writes docs/playground-operations.md, the table of Discord's operations and which of them the playground has:
`python -m docs.playground_operations`. With the path of Discord's OpenAPI description, the list of operations in
the playground is written anew first.

A test holds both to what this makes.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import playground.api.handler  # noqa: F401  # registers all routes
from playground.api.operations import LIST, OPERATIONS, Operation, read_list, shape
from playground.api.routing import ROUTES, Route

PAGE: Final = Path(__file__).with_name("playground-operations.md")
METHODS: Final = ("get", "put", "post", "delete", "patch")

INTRODUCTION: Final = """\
# Operations of the playground

Every operation of Discord's API v10, by its id in [Discord's OpenAPI description](https://github.com/discord/discord-api-spec),
and whether [the playground](playground.md) has it. A request for one that is absent is answered 404, or 405 where
the playground has others on that path, with its id in the message.
"""
LIST_HEAD: Final = """\
# Method, path and id of every operation in Discord's published OpenAPI description of API v10
# (https://github.com/discord/discord-api-spec, MIT License, Copyright 2023 Discord).
# Written by `python -m docs.playground_operations`.
"""
END: Final = "This page is made by `python -m docs.playground_operations`.\n"


def list_of(description: dict[str, Any]) -> str:
    """The list of operations, from Discord's OpenAPI description."""
    lines = [
        f"{method.upper()} {template} {item[method]['operationId']}\n"
        for template, item in description["paths"].items()
        for method in METHODS
        if method in item
    ]
    return LIST_HEAD + "".join(lines)


def route_of(operation: Operation) -> Route | None:
    """What answers an operation here."""
    wanted = (operation.method, shape(operation.template))
    return next((route for route in ROUTES if (route.method, shape(route.template)) == wanted), None)


def state_of(operation: Operation) -> str:
    """`there`, `partly` with what is missing, or `absent`."""
    route = route_of(operation)
    if route is None:
        return "absent"
    return f"partly: {route.partly}" if route.partly else "there"


def markdown(operations: Sequence[Operation] = OPERATIONS) -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for group in dict.fromkeys(shape(operation.template)[0] for operation in operations):
        rows = [
            f"| `{one.id}` | `{one.method} {one.template}` | {state_of(one)} |\n"
            for one in operations
            if shape(one.template)[0] == group
        ]
        parts.append(
            f"## {group}\n\n| operation | request | in the playground |\n| --- | --- | --- |\n{''.join(rows)}"
        )
    described = {(one.method, shape(one.template)) for one in operations}
    others = [route for route in ROUTES if (route.method, shape(route.template)) not in described]
    if others:
        lines = "".join(f"- `{route.method} {route.template}`\n" for route in others)
        parts.append(f"## Not in the description\n\nDocumented by Discord, and there:\n\n{lines}")
    return "\n".join([*parts, END])


def main() -> None:
    """Write the page, and with a description the list; say how many there are of each."""
    operations = OPERATIONS
    if len(sys.argv) > 1:
        text = list_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
        LIST.write_text(text, encoding="utf-8")
        operations = read_list(text)
    PAGE.write_text(markdown(operations), encoding="utf-8")
    counts = Counter(state_of(operation).partition(":")[0] for operation in operations)
    print(PAGE, dict(counts))  # noqa: T201


if __name__ == "__main__":
    main()
