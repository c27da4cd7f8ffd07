-- Every change of a job's state, and the only place where one is made. docs/reliability.md has it as a table. (Two
-- modules keep a field of their own in the record: quota.py what was charged, fair_order.py whose turn it is.)
--
-- KEYS: 1 the job's record, 2 the index of pending replies, 3 the versions of its message, 4 RQ's record of the job,
--       5 the pace of the latest jobs.
-- ARGV: 1 the event, 2 the job's id, 3 the states of RQ of an unfinished job, between commas, and then the event's own.
--
-- PREFIX and the constants of time stand before this text: jobs.lifecycle.job puts them there.
-- The clock is Redis's own, since bots and workers may disagree about the time. All keys live in one Redis (the
-- design's assumption), so the quota's keys are made here, from what a charge has noted.
local record, pending, versions, queued, pace = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local event, job, unfinished_states = ARGV[1], ARGV[2], ARGV[3]

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local state = redis.call('HGET', record, 'state') or 'unknown'

local function get(field) return redis.call('HGET', record, field) end
local function set(...) redis.call('HSET', record, ...) end
local function keep() redis.call('EXPIRE', record, PENDING_S) end

-- Whether a worker has the job or will have it.
local function rq_state()
  local status = redis.call('HGET', queued, 'status')
  if not status or not string.find(unfinished_states, ',' .. status .. ',', 1, true) then return 'over' end
  return status == 'started' and 'started' or 'waiting'
end

-- Whether a later job is aimed at the message.
local function stale(version)
  local newest = tonumber(redis.call('HGET', versions, 'newest') or 0)
  return version > 0 and newest and newest > version
end

-- The right to write the message's last state; `sentence`: to write that there is no picture.
local function claim(holder, version, sentence)
  if state == 'ended' then return 'ended' end
  if stale(version) then return 'stale' end
  local held, shared = get('holder'), get('shared')
  if state == 'writing' then
    if holder == 'bot' and held ~= 'bot' and now - (tonumber(get('since') or '') or 0) <= TAKE_OVER_S then return 'taken' end
    -- Another bot, or the same one on a second click, would say it twice: what bots write cannot be repeated.
    if holder == 'bot' and held == 'bot' and now - (tonumber(get('since') or '') or 0) <= BOT_CLAIM_S then return 'taken' end
    if holder ~= 'bot' and held == 'bot' then return sentence and 'left' or 'taken' end
    if held ~= holder then shared = '1' end
    if sentence and shared then return 'left' end
  end
  set('state', 'writing', 'holder', holder, 'since', now)
  if shared then set('shared', shared) end
  keep()
  if holder == 'bot' then redis.call('ZADD', pending, 'XX', now + BOT_CLAIM_S, job) end
  return shared and 'again' or 'granted'
end

local function settle(refund)
  local day, user, server, count = string.match(get('charge') or '', '^(%d+) (%S+) (%S*) ?(%d*)$')
  if not day then return end
  local pictures = tonumber(count) or 1
  for number = 1, pictures do
    redis.call('ZREM', PREFIX .. 'quota:flying:' .. user, number == 1 and job or job .. '#' .. number)
  end
  if not refund then
    set('charge', '-')  -- paid: not to be charged again, and whose it was is nobody's business any more
    return
  end
  redis.call('HDEL', record, 'charge')
  for _, who in ipairs({user, server}) do
    local used = PREFIX .. 'quota:day:' .. day .. ':' .. who
    local there = who ~= '' and tonumber(redis.call('GET', used) or 0) or 0
    if there > 0 then redis.call('DECRBY', used, math.min(there, pictures)) end
  end
end

-- Milliseconds for which a bot may still be saying something on the message.
local function notice()
  return math.max(0, math.ceil(1000 * ((tonumber(get('notice_until') or '') or 0) - now)))
end

-- Whoever may write waits first until what is being said is said.
local function answered(answer)
  return {answer, (answer == 'granted' or answer == 'again') and notice() or 0}
end

if event == 'open' then
  local reply, look_at, once = ARGV[4], ARGV[5], ARGV[6] == '1'
  if state == 'ended' then return {state, 0} end
  if once then
    redis.call('HSETNX', record, 'reply', reply)
    redis.call('ZADD', pending, 'NX', look_at, job)
  else
    set('reply', reply)
    redis.call('ZADD', pending, look_at, job)
  end
  if state == 'unknown' then set('state', 'pending') end
  redis.call('EXPIRE', pending, PENDING_S)
  keep()
  return {'pending', 0}

elseif event == 'claim' then
  local holder, version, unless_queued = ARGV[4], tonumber(ARGV[5]), ARGV[6] == '1'
  if unless_queued and state ~= 'ended' and rq_state() ~= 'over' then return {'queued', 0} end
  return answered(claim(holder, version, false))

elseif event == 'abandon' then
  local holder, version, reason = ARGV[4], tonumber(ARGV[5]), ARGV[6]
  if state ~= 'ended' and reason ~= '' then set('reason', reason) keep() end
  local answer = claim(holder, version, true)
  if answer == 'left' then redis.call('ZADD', pending, 'XX', now, job) end
  return answered(answer)

elseif event == 'leave' then
  local holder, version, reason = ARGV[4], tonumber(ARGV[5]), ARGV[6]
  if state == 'ended' then return {state, 0} end
  if stale(version) then return {'stale', 0} end
  set('reason', reason, 'left', '1')
  -- This try had claimed, was refused by Discord, and writes no more: a bot need not wait for it, only look.
  if state == 'writing' and get('holder') == holder then set('since', 0) end
  keep()
  redis.call('ZADD', pending, 'XX', now, job)
  return {'left', 0}

elseif event == 'reason' then
  if state ~= 'ended' then set('reason', ARGV[4]) keep() end
  return {state, 0}

elseif event == 'cancel' then
  local take_over, reason = ARGV[4] == '1', ARGV[5]
  if state == 'ended' then return {state, 0} end
  set('cancelled', 1)
  keep()
  if not take_over or rq_state() ~= 'waiting' then return {'queued', 0} end
  local answer = claim('bot', 0, false)
  -- Whichever bot says it in the end says the same.
  if reason ~= '' and (answer == 'granted' or answer == 'again') then set('reason', reason) end
  return answered(answer)

elseif event == 'release' then
  if state == 'writing' and get('holder') == 'bot' then
    set('since', 0)
    redis.call('ZADD', pending, 'XX', ARGV[4], job)
  end
  return {state, 0}

elseif event == 'begin' then
  redis.call('HDEL', record, 'frames')
  return {state, 0}

elseif event == 'progress' then
  if state == 'ended' then return {state, 0} end
  if ARGV[4] ~= '' then set('frames', ARGV[4]) keep() end
  return {get('cancelled') and 'cancelled' or state, 0}

elseif event == 'notice' then
  if state == 'writing' or state == 'ended' then return {state, 0} end
  set('notice_until', now + NOTICE_S)
  keep()
  return {'granted', 1}

elseif event == 'noticed' then
  redis.call('HDEL', record, 'notice_until')
  return {state, 0}

elseif event == 'refused' then
  if state == 'ended' then return {state, 0} end
  local times = redis.call('HINCRBY', record, 'refusals', 1)
  redis.call('HSETNX', record, 'refused_since', now)
  keep()
  local final = times >= REFUSALS and now - (tonumber(get('refused_since') or '') or now) >= REFUSED_S
  return {final and 'final' or state, times}

elseif event == 'refund' then
  settle(true)
  return {state, 0}

elseif event == 'finish' then
  local outcome, result, refund, seconds = ARGV[4], ARGV[5], ARGV[6] == '1', ARGV[7]
  -- Whoever comes later saw the same message; a worker knows more of what it drew than a bot that found it there.
  -- And where a bot has given a job up whose picture was on its way all the same, the picture is what is there.
  if state == 'ended' and outcome ~= 'posted' and get('outcome') ~= outcome then return {'ended', 0} end
  -- This write first: where memory is full Redis refuses it, and then nothing of the rest is done.
  set('state', 'ended', 'outcome', outcome, 'result', result)
  settle(refund)
  redis.call('HDEL', record, 'reply', 'holder', 'since', 'shared', 'notice_until', 'frames', 'cancelled', 'reason', 'left', 'lane',
    'refusals', 'refused_since')
  -- RQ keeps its record for an hour or a week. Nobody needs what the task was given any more: who asked, and the token.
  if redis.call('EXISTS', queued) == 1 then redis.call('HSET', queued, 'data', NO_ARGUMENTS) end
  redis.call('EXPIRE', record, ENDED_S)
  redis.call('ZREM', pending, job)
  if seconds ~= '' then
    redis.call('LPUSH', pace, seconds)
    redis.call('LTRIM', pace, 0, PACE_OF - 1)
    redis.call('EXPIRE', pace, 86400)
  end
  return {'granted', 0}
end
return redis.error_reply('no such event: ' .. event)
