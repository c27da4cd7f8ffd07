"""Whether Redis is there, keeps what it is given, and takes more."""

from collections.abc import Iterator
from typing import Any, Final

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, OutOfMemoryError, ReadOnlyError, RedisError

from glyphcord.doctor.finding import Finding, broken, note, ok
from jobs.connection import PREFIX, connect
from jobs.redis_url import refusal, without_password
from jobs.settings import SharedSettings

OLDEST: Final = {"Redis": 7, "Valkey": 8}
"""The major versions from which we have been tried."""
TRIAL: Final = f"{PREFIX}doctor"


def redis(settings: SharedSettings) -> Iterator[Finding]:
    """Reach it, then look at version, eviction, persistence, memory, and write one key."""
    where = without_password(settings.redis_url)
    with connect(settings.redis_url) as client:
        try:
            info: dict[str, Any] = client.info("all")
        except AuthenticationError:
            yield broken(
                "Redis", refusal(settings.redis_url), "correct REDIS_PASSWORD in .env, here and on the server"
            )
            return
        except NoPermissionError:
            info = {}
        except (RedisError, OSError) as error:
            yield broken(
                "Redis",
                f"{where} cannot be reached: {error}",
                "start Redis or Valkey, or correct REDIS_URL (host, port, redis:// or rediss://)",
            )
            return
        yield from _server(where, info)
        yield from _kept(client, info)
        if "used_memory" in info:
            yield _memory(info, settings.picture_budget_mb + settings.weights_budget_mb)
        yield _writes(client)


def _server(where: str, info: dict[str, Any]) -> Iterator[Finding]:
    if not info:
        yield note("Redis", f"{where} answers, but this user may not use INFO", "let it: ACL SETUSER NAME +info")
        return
    name = "Valkey" if "valkey_version" in info else "Redis"
    number = str(info.get("valkey_version") or info.get("redis_version"))
    if int(number.partition(".")[0]) < OLDEST[name]:
        yield broken(
            "Redis", f"{where} is {name} {number}", "update it: Redis 7 or Valkey 8 is the oldest that works"
        )
    else:
        yield ok("Redis", f"{where}, {name} {number}")
    if info.get("role") == "slave":
        yield broken("Redis", "this server is a replica, which takes no writes", "name the primary in REDIS_URL")
    if info.get("cluster_enabled"):
        yield broken(
            "Redis", "this server is part of a cluster", "name a server of its own: jobs need all keys in one place"
        )


def _kept(client: Redis, info: dict[str, Any]) -> Iterator[Finding]:
    policy = info.get("maxmemory_policy") or _config(client, "maxmemory-policy")
    if policy is None:
        yield note("eviction", "the server does not say its maxmemory-policy", "make sure that it is noeviction")
    elif policy == "noeviction":
        yield ok("eviction", "maxmemory-policy noeviction")
    else:
        yield broken(
            "eviction",
            f"maxmemory-policy is {policy}: a full server would throw away jobs and who waits for them",
            "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
        )
    if info.get("aof_enabled"):
        if info.get("aof_last_write_status", "ok") != "ok":
            yield broken("persistence", "the append-only file cannot be written", "is the server's disk full?")
        else:
            yield ok("persistence", "append-only file")
    elif info:
        yield note(
            "persistence",
            "no append-only file: a restart of the server forgets jobs and who waits for them",
            "CONFIG SET appendonly yes, and the same in redis.conf (appendfsync everysec)",
        )
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        yield note(
            "persistence", "the last snapshot failed", "is the server's disk full, or its memory too small to fork?"
        )


def _memory(info: dict[str, Any], budget_mb: int) -> Finding:
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0)) / 2**20
    if not most:
        return ok("memory", f"{used:.0f} MB in use, no maxmemory")
    if most < budget_mb * 2**20 / 0.8:
        return note(
            "memory",
            f"maxmemory is {most / 2**20:.0f} MB, and pictures and weights alone may take {budget_mb} MB",
            f"raise it to {budget_mb / 0.8:.0f} MB, or lower PICTURE_BUDGET_MB or WEIGHTS_BUDGET_MB",
        )
    return ok("memory", f"{used:.0f} of {most / 2**20:.0f} MB in use")


def _writes(client: Redis) -> Finding:
    try:
        client.set(TRIAL, "1", ex=10)
        client.delete(TRIAL)
    except OutOfMemoryError:
        return broken("writes", "the server's memory is full", "raise maxmemory, or lower PICTURE_BUDGET_MB")
    except ReadOnlyError:
        return broken("writes", "the server is a replica, which takes no writes", "name the primary in REDIS_URL")
    except NoPermissionError as error:
        return broken("writes", f"this user may not write: {error}", "let it: ACL SETUSER NAME +@all ~*")
    except RedisError as error:
        return broken(
            "writes", f"a key cannot be written: {error}", "see the server's log; a full disk is often why"
        )
    return ok("writes", "a key was written and deleted")


def _config(client: Redis, name: str) -> str | None:
    try:
        return client.config_get(name).get(name)
    except RedisError:  # providers often forbid CONFIG
        return None
