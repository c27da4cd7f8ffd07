"""What Discord's documentation says of the requests that bots send most: a part of its description, as schemas.

The whole description is used as well where it lies beside the repository.
"""

import json
import re
from pathlib import Path
from typing import Any

DISCORDS_OWN = Path(__file__).parents[2] / "shared" / "discord"
"""Its published OpenAPI description, with a program that holds a record against it."""
SNOWFLAKE = {"anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 0}]}


def _text(most: int, least: int = 0) -> dict[str, Any]:
    return {"type": ["string", "null"] if least == 0 else "string", "maxLength": most, "minLength": least}


MESSAGE = {
    "type": "object",
    "properties": {
        "content": _text(2000),
        "embeds": {"type": ["array", "null"], "maxItems": 10},
        "attachments": {
            "maxItems": 10,
            "items": {"required": ["id"], "properties": {"id": SNOWFLAKE, "description": _text(1024)}},
        },
        "allowed_mentions": {
            "type": ["object", "null"],
            "properties": {"parse": {"items": {"enum": ["roles", "users", "everyone"]}}},
        },
        "nonce": {"type": ["string", "integer", "null"], "maxLength": 25},
        "flags": {"type": ["integer", "null"]},
    },
}
CHOICES = {"maxItems": 25, "items": {"required": ["name", "value"], "properties": {"name": _text(100, 1)}}}
CALLBACK = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"enum": [1, 4, 5, 6, 7, 8, 9, 10, 12]}},
    "allOf": [
        {"if": {"properties": {"type": {"enum": [4, 7]}}}, "then": {"properties": {"data": MESSAGE}}},
        {
            "if": {"properties": {"type": {"const": 8}}},
            "then": {"properties": {"data": {"properties": {"choices": CHOICES}}}},
        },
        {
            "if": {"properties": {"type": {"const": 9}}},
            "then": {
                "properties": {
                    "data": {
                        "required": ["custom_id", "title", "components"],
                        "properties": {"custom_id": _text(100, 1), "title": _text(45, 1)},
                    }
                }
            },
        },
    ],
}
WORD = {"type": "string", "pattern": r"^[-_'\w]{1,32}$", "not": {"pattern": "[A-Z]"}}
COMMANDS = {
    "$defs": {
        "options": {
            "maxItems": 25,
            "items": {
                "required": ["type", "name", "description"],
                "properties": {
                    "type": {"type": "integer", "minimum": 1, "maximum": 11},
                    "name": WORD,
                    "description": _text(100, 1),
                    "choices": CHOICES,
                    "options": {"$ref": "#/$defs/options"},
                },
            },
        }
    },
    "type": "array",
    "items": {
        "required": ["name"],
        "if": {"properties": {"type": {"const": 1}}},
        "then": {
            "required": ["description"],
            "properties": {"name": WORD, "description": _text(100, 1), "options": {"$ref": "#/$defs/options"}},
        },
        "else": {"properties": {"name": _text(32, 1), "description": {"maxLength": 0}}},
    },
}
ROUTES = [
    ("PUT", r"/applications/\d+/commands", COMMANDS),
    ("POST", r"/interactions/\d+/[^/]+/callback", CALLBACK),
    ("POST", r"/webhooks/\d+/[^/]+", MESSAGE),
    ("PATCH", r"/webhooks/\d+/[^/]+/messages/[^/]+", MESSAGE),
    ("POST", r"/channels/\d+/messages", MESSAGE),
    ("PATCH", r"/channels/\d+/messages/\d+", MESSAGE),
]


def broken_rules(record: Path) -> tuple[int, list[str]]:
    """How many of a record's requests that were taken there is a rule for, and which of them keep it not."""
    # Here, for it takes seconds that every other process of the tests can do without: it compiles grammars.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    checked, broken = 0, []
    for line in record.read_text(encoding="utf-8").splitlines():
        sent = json.loads(line)
        path = sent["path"].removeprefix("/api/v10")
        body = (sent.get("multipart") or {}).get("payload_json", sent.get("json"))
        for method, form, rule in ROUTES:
            if sent["method"] == method and re.fullmatch(form, path) and sent.get("status", 0) < 400:
                checked += 1
                errors = Draft202012Validator(rule).iter_errors(body)
                broken += [f"{method} {path} {error.json_path}: {error.message[:200]}" for error in errors]
    return checked, broken
