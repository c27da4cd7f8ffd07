"""One line an event on stderr, ids as key=value or all of it as JSON, and no token in any of them."""

import logging
import re
import sys
from typing import Final

from jobs.observability.logs import JsonLines, LogFormat

# Interaction tokens stand in webhook and callback paths, which discord.py logs at DEBUG.
_PATH_TOKEN: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s?'\"]+")


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, then blanks the bot's token and every interaction token."""

    def __init__(self, secret: str, log_format: LogFormat = "text") -> None:
        super().__init__()
        text = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._inner = JsonLines(program="bot") if log_format == "json" else text
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        line = _PATH_TOKEN.sub(r"\1[token]", self._inner.format(record))
        return line.replace(self._secret, "[token]")


def configure(level: str, secret: str, log_format: LogFormat = "text") -> None:
    """Send all logging to stderr at `level`; `secret` is the bot's token."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(secret, log_format))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At DEBUG these write down whole events and answers: interaction tokens, signed addresses, names.
    for name in ("discord.gateway", "discord.http", "discord.state", "discord.webhook.async_"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))


def one_line(text: str, most: int = 300) -> str:
    """Text from elsewhere, made safe for one log line."""
    return " ".join(text.split())[:most]


def describe_error(error: BaseException) -> str:
    """An error's kind and text; some of redis-py's say nothing in their repr."""
    return one_line(f"{type(error).__name__}: {error}")
