-- Every change of the store of pictures, each one atomic step: two bots cannot both take the last free bytes.
--
-- KEYS: 1 when each picture was last used, 2 their sizes, 3 the sum of these, 4 what running jobs need, 5 whose each
--       picture is, 6 the bytes of each person and server.
-- ARGV: 1 the event, 2 the lifetime of a picture in seconds, 3 the budget in bytes, 4 a job, 5 its person, 6 its server
--       ('' for none), 7 the seconds that it may last, 8 a picture's bytes, and then hashes of pictures.
--
-- PREFIX, RECORDS and the shares stand before this text: jobs.pictures puts them there. The clock is Redis's own. All
-- keys live in one Redis (the design's assumption), so those of pictures and of people are made here.
-- The sum is kept beside the sizes: adding up a hundred thousand would keep Redis from everything else for 50 ms.
local used, sizes, sum, holds, owners, bytes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local event, ttl, budget = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local job, user, server, lasts_s, data = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8]
local shas = {}
for index = 9, #ARGV do shas[#shas + 1] = ARGV[index] end
local now = tonumber(redis.call('TIME')[1])
local person, place = 'user:' .. user, server ~= '' and 'server:' .. server or nil

local function key(sha) return PREFIX .. 'picture:' .. sha end
local function of(owner) return PREFIX .. 'pictures:of:' .. owner end
local function size(sha) return tonumber(redis.call('HGET', sizes, sha) or 0) end
local function owned(owner) return tonumber(redis.call('HGET', bytes, owner) or 0) end
local function owners_of(sha) return string.gmatch(redis.call('HGET', owners, sha) or '', '%S+') end

local kept_sum = tonumber(redis.call('GET', sum) or false)
local total = kept_sum
if total == nil then
  total = 0
  for _, one in ipairs(redis.call('HVALS', sizes)) do total = total + tonumber(one) end
end

-- --- whose a picture is ---------------------------------------------------------------------------------------------

local function disown(sha, owner)
  redis.call('ZREM', of(owner), sha)
  if redis.call('HINCRBY', bytes, owner, -size(sha)) <= 0 then redis.call('HDEL', bytes, owner) end
  local left = {}
  for one in owners_of(sha) do if one ~= owner then left[#left + 1] = one end end
  if #left == 0 then redis.call('HDEL', owners, sha) else redis.call('HSET', owners, sha, table.concat(left, ' ')) end
end

local function own(sha, owner)
  local known = redis.call('HGET', owners, sha)
  for one in owners_of(sha) do if one == owner then return end end
  redis.call('HSET', owners, sha, known and known .. ' ' .. owner or owner)
  redis.call('HINCRBY', bytes, owner, size(sha))
  redis.call('ZADD', of(owner), now, sha)
  redis.call('EXPIRE', of(owner), ttl)
end

local function is_anothers(sha)
  for one in owners_of(sha) do if one ~= person and string.sub(one, 1, 5) == 'user:' then return true end end
  return false
end

local function drop(sha)
  for one in owners_of(sha) do disown(sha, one) end
  total = total - size(sha)
  redis.call('DEL', key(sha))
  redis.call('ZREM', used, sha)
  redis.call('HDEL', sizes, sha)
end

local function touch(sha)
  redis.call('EXPIRE', key(sha), ttl)
  redis.call('ZADD', used, now, sha)
  for one in owners_of(sha) do
    redis.call('ZADD', of(one), 'XX', now, sha)
    redis.call('EXPIRE', of(one), ttl)
  end
end

-- --- what running jobs need -----------------------------------------------------------------------------------------

-- A job needs its pictures until its record says that it has ended, however that came about; or until its time is over,
-- or Redis has lost its record.
local function is_running(name, until_s)
  local found = redis.call('HMGET', RECORDS .. name, 'state', 'charge')
  return until_s >= now and found[1] ~= 'ended' and (found[1] or found[2]) and true or false
end

local function add(set, sha)
  if not set[sha] then
    set[sha] = true
    set.sum = set.sum + size(sha)
  end
end

-- Sets of the pictures that are needed by all, by this person, and by this server, each with the `sum` of its bytes.
local function look()
  local all, mine, ours = {sum = 0}, {sum = 0}, {sum = 0}
  local found = redis.call('HGETALL', holds)
  for index = 1, #found, 2 do
    local until_s, by, where, list = string.match(found[index + 1], '^(%d+) (%S+) (%S+) (.*)$')
    if not until_s or not is_running(found[index], tonumber(until_s)) then
      redis.call('HDEL', holds, found[index])
    else
      for sha in string.gmatch(list, '%S+') do
        add(all, sha)
        if by == user then add(mine, sha) end
        if where == server then add(ours, sha) end
      end
    end
  end
  return all, mine, ours
end

-- Why these pictures cannot be needed too; nothing if they can. `more` are the bytes of a new one. A first picture only
-- has to fit: where little is free, a share of that is less than a picture.
local function refusal(all, mine, ours, more)
  local needed, by_me, by_us, first = more, more, more, mine.sum == 0 and #shas == 1
  for _, sha in ipairs(shas) do
    if not all[sha] then needed = needed + size(sha) end
    if not mine[sha] then by_me = by_me + size(sha) end
    if not ours[sha] then by_us = by_us + size(sha) end
  end
  local free = budget - all.sum - needed
  if free < 0 then return 'store_full' end
  if job == '' then return nil end
  if by_me > 0 and not first and mine.sum + by_me > PERSON_OF_FREE * free then return 'person_full' end
  if place and by_us > 0 and ours.sum > 0 and ours.sum + by_us > SERVER_OF_FREE * free then return 'server_full' end
end

local function hold()
  local known = redis.call('HGET', holds, job)
  local list = known and string.match(known, '^%d+ %S+ %S+ (.*)$') or ''
  for _, sha in ipairs(shas) do
    if not string.find(list, sha, 1, true) then list = list .. (list == '' and '' or ' ') .. sha end
  end
  local where = place and server or '-'
  redis.call('HSET', holds, job, string.format('%.0f %s %s %s', now + lasts_s, user, where, list))
  redis.call('EXPIRE', holds, 86400)
end

-- --- room -----------------------------------------------------------------------------------------------------------

-- Drops what no job needs, the longest unused first, until there is room for `more` bytes. Who has sent more than a
-- share of all makes room among their own pictures.
local function make_room(more, all)
  local function until_it_fits(index, mine_alone)
    for _, sha in ipairs(redis.call('ZRANGE', index, 0, -1)) do
      if total + more <= budget then return end
      if not all[sha] and not (mine_alone and is_anothers(sha)) then drop(sha) end
    end
  end
  if total + more > budget and job ~= '' then
    if owned(person) + more > PERSON_OF_ALL * budget then until_it_fits(of(person), true) end
    if place and owned(place) + more > SERVER_OF_ALL * budget then until_it_fits(of(place), false) end
  end
  while total + more > budget do
    local before, step = total, redis.call('ZRANGE', used, 0, 99)
    for _, sha in ipairs(step) do
      if total + more <= budget then break end
      if not all[sha] then drop(sha) end
    end
    if total == before then
      until_it_fits(used, false) -- the first hundred are all needed
      break
    end
  end
  return total + more <= budget
end

-- --- events ---------------------------------------------------------------------------------------------------------

-- Who has called a job off wants nothing of it to be stored any more.
if job ~= '' and redis.call('HGET', RECORDS .. job, 'cancelled') then return {'cancelled', {}} end
local answer = 'ok'
for _, sha in ipairs(redis.call('ZRANGEBYSCORE', used, '-inf', now - ttl, 'LIMIT', 0, 100)) do drop(sha) end
if event == 'put' then
  local sha = shas[1]
  local there = redis.call('EXISTS', key(sha)) == 1
  if not there and redis.call('HEXISTS', sizes, sha) == 1 then drop(sha) end -- Redis's own clock was faster than we
  local more = there and 0 or #data
  local all, mine, ours = look()
  answer = refusal(all, mine, ours, more) or 'ok'
  if answer == 'ok' then
    if there then
      touch(sha)
    elseif make_room(more, all) then
      redis.call('SET', key(sha), data, 'EX', ttl)
      redis.call('ZADD', used, now, sha)
      redis.call('HSET', sizes, sha, more)
      total = total + more
    else
      answer = 'store_full'
    end
  end
  if answer == 'ok' and job ~= '' then
    own(sha, person)
    if place then own(sha, place) end
    hold()
  end

elseif event == 'hold' then
  local kept = {}
  for _, sha in ipairs(shas) do
    if redis.call('EXISTS', key(sha)) == 1 then kept[#kept + 1] = sha end
  end
  shas = kept
  if #shas > 0 then
    local all, mine, ours = look()
    answer = refusal(all, mine, ours, 0) or 'ok'
  end
  if #shas > 0 and answer == 'ok' then
    for _, sha in ipairs(shas) do touch(sha) end
    hold()
  end

elseif event == 'forget' then
  -- Also of those that were stored before it was written down whose they are; the caller knows them.
  for _, sha in ipairs(shas) do
    if redis.call('HEXISTS', sizes, sha) == 1 and redis.call('HEXISTS', owners, sha) == 0 then own(sha, person) end
  end
  shas = redis.call('ZRANGE', of(person), 0, -1)
  for _, sha in ipairs(shas) do
    if is_anothers(sha) then disown(sha, person) else drop(sha) end
  end
  local found = redis.call('HGETALL', holds)
  for index = 1, #found, 2 do
    if string.match(found[index + 1], '^%d+ (%S+)') == user then redis.call('HDEL', holds, found[index]) end
  end
end
if total ~= kept_sum then redis.call('SET', sum, string.format('%.0f', total)) end
return {answer, shas}
