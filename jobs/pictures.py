"""Pictures that wait to be drawn or may be drawn again, in Redis by the sha256 of their bytes.

They live for a TTL under one memory budget: a new picture pushes out the one unused the longest, but never
one that a waiting job still needs; when only such are left, the store says that it is full.
"""

import hashlib
import time
from collections.abc import Collection
from typing import Final

from redis import Redis

from jobs.connection import PREFIX
from jobs.text.sentences import ServiceProblem

NEEDED_FOR_S: Final = 3600
"""A picture used within this time may belong to a waiting job, so it is not pushed out."""

_USED, _SIZES, _SUM = f"{PREFIX}pictures:used", f"{PREFIX}pictures:sizes", f"{PREFIX}pictures:sum"

# One script, so that two bots cannot both take the last free bytes. It keeps the sum beside the sizes: adding up a
# hundred thousand of them would keep Redis from everything else for 50 ms. Picture keys are derived from hashes in
# the index; all keys live in one Redis (the design's assumption), not a cluster.
_PUT: Final = """
local used, sizes, sum, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local sha, data, now, ttl = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local budget, needed = tonumber(ARGV[6]), tonumber(ARGV[7])
local total = tonumber(redis.call('GET', sum) or false)
if total == nil then
  total = 0
  for _, size in ipairs(redis.call('HVALS', sizes)) do total = total + tonumber(size) end
end
local function drop(name)
  total = total - tonumber(redis.call('HGET', sizes, name) or 0)
  redis.call('DEL', prefix .. name); redis.call('ZREM', used, name); redis.call('HDEL', sizes, name)
end
local function unused_since(time) return redis.call('ZRANGEBYSCORE', used, '-inf', time, 'LIMIT', 0, 100) end
for _, name in ipairs(unused_since(now - ttl)) do drop(name) end
local fits = true
if redis.call('EXISTS', prefix .. sha) == 0 then
  if redis.call('HEXISTS', sizes, sha) == 1 then drop(sha) end
  total = total + #data
  local victims = total > budget and unused_since(now - needed) or {}
  while total > budget and #victims > 0 do
    for _, name in ipairs(victims) do
      if total <= budget then break end
      drop(name)
    end
    victims = unused_since(now - needed)
  end
  fits = total <= budget
  if not fits then total = total - #data end
end
redis.call('SET', sum, string.format('%.0f', total))
if not fits then return 0 end
redis.call('SET', prefix .. sha, data, 'EX', ttl)
redis.call('ZADD', used, now, sha)
redis.call('HSET', sizes, sha, #data)
return 1
"""


class PictureStore:
    """Pictures by hash. `ttl_s` seconds since last use, `budget` bytes in all."""

    def __init__(self, redis: Redis, ttl_s: int, budget: int) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._budget = budget
        self._put = redis.register_script(_PUT)

    def put(self, data: bytes) -> str:
        """Keep the bytes and return their sha256 in hex. Raises ServiceProblem `store_full`."""
        sha = hashlib.sha256(data).hexdigest()
        args: list[str | bytes | float] = [
            _key(""),
            sha,
            data,
            time.time(),
            self._ttl_s,
            self._budget,
            NEEDED_FOR_S,
        ]
        if not self._put(keys=[_USED, _SIZES, _SUM], args=args):
            raise ServiceProblem("store_full", f"{len(data)} more bytes do not fit {self._budget}")
        return sha

    def get(self, sha: str) -> bytes | None:
        """The bytes, or None when they have expired or were pushed out."""
        data = self._redis.get(_key(sha))
        return bytes(data) if isinstance(data, bytes) else None

    def touch(self, sha: str) -> bool:
        """Count a picture as used now, before a job needs it again; False when it is gone."""
        if not self._redis.expire(_key(sha), self._ttl_s):
            return False
        self._redis.zadd(_USED, {sha: time.time()}, xx=True)
        return True

    def drop(self, shas: Collection[str]) -> None:
        """Delete pictures; who has sent the same one is told that it is gone."""
        if shas:
            pipe = self._redis.pipeline()
            pipe.delete(*(_key(sha) for sha in shas))
            pipe.zrem(_USED, *shas)
            pipe.hdel(_SIZES, *shas)
            pipe.delete(_SUM)  # the next picture adds it up anew
            pipe.execute()


def stored_bytes(redis: Redis) -> int:
    """How much of the budget is used."""
    known = redis.get(_SUM)
    return int(known) if isinstance(known, bytes) else sum(int(size) for size in redis.hvals(_SIZES))


def _key(sha: str) -> str:
    return f"{PREFIX}picture:{sha}"
