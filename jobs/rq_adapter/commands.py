"""What operators send to one worker with `rq.command`, as it comes."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from rq.command import PUBSUB_CHANNEL_TEMPLATE

_log = logging.getLogger(__name__)

_WAIT_S: Final = 1.0


@dataclass(frozen=True)
class Command:
    """`name` is RQ's: shutdown, stop-job, stop-execution or kill-horse."""

    name: str
    job_id: str = ""


def commands(redis: Redis, worker_name: str, stopped: Callable[[], bool]) -> Iterator[Command]:
    """Commands to a worker until `stopped`. Raises redis errors, after which one listens anew."""
    pubsub: Any = redis.pubsub  # redis-py gives it no types
    with pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(PUBSUB_CHANNEL_TEMPLATE % worker_name)
        while not stopped():
            message = channel.get_message(timeout=_WAIT_S)
            if message is None:
                continue
            try:
                payload = json.loads(message["data"])
                command = Command(str(payload["command"]), str(payload.get("job_id", "")))
            except (ValueError, KeyError, TypeError, AttributeError):
                _log.warning("unreadable command=%r", message["data"][:200])
                continue
            yield command
