"""Who may ask for how much: pictures at one time, pauses and a daily number, for each user and each server.

One atomic step charges a job, whatever number of bots ask; a job is charged once. When it has ended its place is
free again, and a job that failed on our side is given back: `Jobs.finish` and `Jobs.refund` see to that.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from redis import Redis

from jobs.connection import PREFIX
from jobs.records import record_key

_QUOTA: Final = f"{PREFIX}quota:"

RefusalCode = Literal[
    "in_flight", "cooldown", "daily", "daily_rest", "server_cooldown", "server_daily", "server_daily_rest"
]


@dataclass(frozen=True)
class QuotaLimits:
    """0 is no limit. Cooldowns are in seconds, daily numbers count from midnight UTC."""

    user_in_flight: int = 0
    user_cooldown_s: float = 0
    user_daily: int = 0
    server_cooldown_s: float = 0
    server_daily: int = 0


@dataclass(frozen=True)
class Refused:
    """Why a job was not charged, and in how many seconds it could be (0: once another one has ended)."""

    reason: RefusalCode
    wait_s: float


# All clocks are Redis's own. Keys are made of the prefix, since a charge names its user and server itself.
_CHARGE: Final = """
local prefix, job, user, server, until_s = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local most, pause, daily, server_pause, server_daily =
  tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local pictures = tonumber(ARGV[11])
if redis.call('HEXISTS', KEYS[1], 'charge') == 1 then return {'', '0'} end
local now = tonumber(redis.call('TIME')[1])
local left, day = 86400 - now % 86400, math.floor(now / 86400)
local flying = prefix .. 'flying:' .. user
redis.call('ZREMRANGEBYSCORE', flying, '-inf', now)
if most > 0 and redis.call('ZCARD', flying) >= most then return {'in_flight', '0'} end
local function hot(key) return math.max(0, redis.call('PTTL', prefix .. 'cool:' .. key)) / 1000 end
local function used(key) return tonumber(redis.call('GET', prefix .. 'day:' .. day .. ':' .. key) or 0) end
if pause > 0 and hot(user) > 0 then return {'cooldown', tostring(hot(user))} end
local function over(key, limit) return limit > 0 and used(key) + pictures > limit end
local function spent(key, limit) return used(key) >= limit and '' or '_rest' end
if over(user, daily) then return {'daily' .. spent(user, daily), tostring(left)} end
if server ~= '' then
  if server_pause > 0 and hot(server) > 0 then return {'server_cooldown', tostring(hot(server))} end
  if over(server, server_daily) then return {'server_daily' .. spent(server, server_daily), tostring(left)} end
end
local function heat(key, seconds)
  if seconds > 0 then redis.call('SET', prefix .. 'cool:' .. key, 1, 'PX', math.ceil(seconds * 1000)) end
end
local function count(key)
  redis.call('INCRBY', prefix .. 'day:' .. day .. ':' .. key, pictures)
  redis.call('EXPIRE', prefix .. 'day:' .. day .. ':' .. key, left + 3600)
end
for number = 1, pictures do
  redis.call('ZADD', flying, now + until_s, number == 1 and job or job .. '#' .. number)
end
redis.call('EXPIRE', flying, math.ceil(until_s) + 60)
heat(user, pause)
count(user)
if server ~= '' then heat(server, server_pause) count(server) end
local several = pictures > 1 and ' ' .. pictures or '' -- one is written as by versions that knew of no more
redis.call('HSET', KEYS[1], 'charge', day .. ' ' .. user .. ' ' .. server .. several)
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], 86400) end
return {'', '0'}
"""


class Quota:
    """The charges of every bot process; a method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._charge = redis.register_script(_CHARGE)

    def charge(
        self,
        job_id: str,
        *,
        user_id: str,
        guild_id: str | None,
        lasts_s: float,
        limits: QuotaLimits,
        pictures: int = 1,
    ) -> Refused | None:
        """Count the pictures of a job that ends within `lasts_s` seconds.

        None if they are within the limits, or were counted before. While there is a place for one at this time,
        there is one for all: else a small limit would let nobody ask for several.
        """
        args: list[Any] = [
            _QUOTA,
            job_id,
            user_id,
            guild_id or "",
            max(1.0, lasts_s),
            limits.user_in_flight,
            limits.user_cooldown_s,
            limits.user_daily,
            limits.server_cooldown_s,
            limits.server_daily,
            pictures,
        ]
        reason, wait_s = self._charge(keys=[record_key(job_id)], args=args)
        return Refused(reason.decode(), float(wait_s)) if reason else None

    def in_flight(self, user_id: str) -> set[str]:
        """A person's jobs that have not ended."""
        members: list[Any] = self._redis.zrange(f"{_QUOTA}flying:{user_id}", 0, -1)
        # Each further picture of a job stands there with its number.
        return {member.decode(errors="replace").partition("#")[0] for member in members}

    def is_charged(self, job_id: str) -> bool:
        """Whether a job was counted, and not given back since."""
        return bool(self._redis.hexists(record_key(job_id), "charge"))
