"""Python as a person would write it: calls and literals in lines of at most 100 characters."""

import ast
import json
import keyword
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

WIDTH: Final = 100
SPARE: Final = len("answer = ")
JOINERS: Final = "\u200d\ufe0f"
"""In emojis."""
LONGEST_TEXT: Final = 700
"""Characters of an expected text; what follows is `…`."""


class Raw(str):
    """Python already, not text to be quoted."""


def literal(value: Any, indent: int = 0) -> str:
    """A value as Python: double quotes, one line where it fits, else one item a line."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return _text(value, indent)
    if isinstance(value, Mapping):
        items = [f"{literal(key)}: {literal(item, indent + 4)}" for key, item in value.items()]
        return _bracketed("{", items, "}", indent)
    if isinstance(value, (list, tuple)):
        return _bracketed("[", [literal(item, indent + 4) for item in value], "]", indent)
    return repr(value)


def _quoted(text: str) -> str:
    """As JSON quotes it, which Python reads alike; emojis stay, what nobody would see is escaped."""
    return "".join(f"\\u{ord(ch):04x}" if _is_unseen(ch) else ch for ch in json.dumps(text, ensure_ascii=False))


def _is_unseen(ch: str) -> bool:
    return ord(ch) < 0x10000 and ch not in JOINERS and unicodedata.category(ch) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def docstring(text: str) -> str:
    """In three double quotes, which nothing in the text can end."""
    return f'""{_quoted(text)}""'


def _text(text: str, indent: int) -> str:
    lines = text.splitlines(keepends=True)
    if len(lines) < 2 or len(_quoted(text)) + indent <= WIDTH * 0.7:
        return _quoted(text)
    pad = "\n" + " " * (indent + 4)
    return f"({pad}{pad.join(_quoted(line) for line in lines)}\n{' ' * indent})"


def _bracketed(opening: str, items: Sequence[str], closing: str, indent: int) -> str:
    line = opening + ", ".join(items) + closing
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    pad = " " * (indent + 4)
    return opening + "".join(f"\n{pad}{item}," for item in items) + f"\n{' ' * indent}{closing}"


def call(
    name: str, positional: Sequence[Any] = (), named: Mapping[str, Any] | None = None, *, spare: int = SPARE
) -> str:
    """A call inside of a function, without the line's own indentation; `spare` is room for what stands before. What
    is named None is left out."""
    indent = 4
    given = {key: value for key, value in (named or {}).items() if value is not None}
    deeper = indent + 4
    items = [literal(value, deeper) for value in positional]
    items += [f"{key}={literal(value, deeper)}" for key, value in given.items() if is_name(key)]
    others = {key: value for key, value in given.items() if not is_name(key)}
    items += [f"**{literal(others, deeper)}"] if others else []
    line = f"{name}({', '.join(items)})"
    if len(line) + indent + spare <= WIDTH and "\n" not in line:
        return line
    pad = " " * deeper
    return f"{name}(" + "".join(f"\n{pad}{item}," for item in items) + f"\n{' ' * indent})"


def shortened(text: str) -> str:
    """A text to expect: a long one up to LONGEST_TEXT, and `…` for the rest."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT].rstrip("…") + "…"


def is_name(text: str) -> bool:
    """Whether it can be the name of a keyword argument, and Python takes it as it is (NFKC)."""
    is_plain = text.isidentifier() and not keyword.iskeyword(text)
    return is_plain and unicodedata.normalize("NFKC", text) == text


def identifier(text: str, fallback: str) -> str:
    """A name made of some words."""
    words = "".join(ch if ch.isalnum() and ch.isascii() else " " for ch in text.lower()).split()
    name = "_".join(words)[:40].strip("_")
    return name if name and is_name(name) else fallback


def _variables(statement: str) -> list[ast.Name]:
    return [node for node in ast.walk(ast.parse(statement)) if isinstance(node, ast.Name)]


def count_variables(statements: Sequence[str]) -> Counter[str]:
    """How often each variable is named, not counting what stands in texts."""
    return Counter(node.id for statement in statements for node in _variables(statement))


def renamed(statement: str, names: Mapping[str, str]) -> str:
    """The statement with its variables renamed; texts, keywords and attributes stay."""
    lines = [line.encode() for line in statement.split("\n")]  # ast counts columns in bytes
    for node in sorted(_variables(statement), key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line = lines[node.lineno - 1]
        new = names.get(node.id, node.id).encode()
        lines[node.lineno - 1] = line[: node.col_offset] + new + line[node.end_col_offset :]
    return b"\n".join(lines).decode()
