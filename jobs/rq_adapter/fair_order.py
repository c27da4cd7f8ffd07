"""A fair order on the one queue: servers take turns, so one that sends a thousand pictures delays nobody else.

RQ's own `RateLimit` was tried first. It cannot be had together with `unique`, on which exactly-once rests, and
it would leave workers idle while one server alone is busy. So a new job moves forward on RQ's list instead, in
one atomic step: a server's first waiting job stands before everybody's second ones, and so on. Nobody starves,
since a job is only ever passed by earlier turns of others; nothing else about the queue changes.
"""

from typing import Final

from redis import Redis

from jobs.records import RECORDS

LANE_TTL_S: Final = 2 * 3600
"""Longer than a request may wait. A job whose record is forgotten counts as a server of its own."""

# `turn` is how many jobs of the same lane stand before a job. Ours goes before the first job of a later turn.
_PLACE: Final = """
local queue, job, lane, records, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', records .. job, 'state') == 'ended' then return -1 end
redis.call('HSET', records .. job, 'lane', lane)
if redis.call('TTL', records .. job) < 0 then redis.call('EXPIRE', records .. job, ttl) end
local ids, at = redis.call('LRANGE', queue, 0, -1), nil
for index, id in ipairs(ids) do
  if id == job then at = index break end
end
if at == nil then return -1 end
local lanes, turns, turn = {}, {}, 0
for index = 1, at - 1 do lanes[index] = redis.call('HGET', records .. ids[index], 'lane') or ids[index] end
for index = 1, at - 1 do if lanes[index] == lane then turn = turn + 1 end end
for index = 1, at - 1 do
  local other = lanes[index]
  turns[other] = (turns[other] or 0) + 1
  if turns[other] - 1 > turn then
    redis.call('LREM', queue, -1, job)
    redis.call('LINSERT', queue, 'BEFORE', ids[index], job)
    return index - 1
  end
end
return at - 1
"""


def place(redis: Redis, queue_key: str, job_id: str, lane: str) -> int:
    """Move a job that is on the queue to its place; how many stand before it then, -1 if it is not there.

    `lane` is whose turn it takes: its server's, or outside of servers its user's.
    """
    script = redis.register_script(_PLACE)
    return int(script(keys=[queue_key], args=[job_id, lane, RECORDS, LANE_TTL_S]))
