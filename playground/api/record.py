"""Keeps every REST exchange, and writes it as one JSON object a line, so that it can be checked against
Discord's published OpenAPI description afterwards."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from playground.json_bytes import as_json

KEPT = 500
SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}


class Recorder:
    """Holds the last exchanges in memory; with a path it also appends each to that file at once."""

    def __init__(self, path: Path | None = None) -> None:
        self.recent: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.on_add: list[Callable[[dict[str, Any]], None]] = []
        self._file: IO[bytes] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")

    def add(self, exchange: dict[str, Any]) -> None:
        headers = exchange.get("headers", {})
        # A token names no person and opens nothing real here, yet a record is made to be shown around.
        exchange["headers"] = {k: "(hidden)" if k in SECRET_HEADERS else v for k, v in headers.items()}
        self.recent.append(exchange)
        if self._file is not None:
            self._file.write(as_json(exchange) + b"\n")
            self._file.flush()
        for listener in self.on_add:
            listener(exchange)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
