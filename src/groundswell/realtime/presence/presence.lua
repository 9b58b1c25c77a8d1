-- What a device says, and what others see of its user then.
--
-- KEYS: devices (hash: user -> client, status, said at, until, data, again and again),
-- dues (sorted set: user by the earliest end of its devices), seen (hash: user -> status and data),
-- names (sorted set of the users seen, in order of name), version.
-- ARGV: now, time to live, how long empty keys are kept (ms), a token for a new version,
-- what is done ('enter', 'update', 'beat', 'leave', 'sweep'), user, client, status, data.
-- Answers whether the device was here, the version, and how many are seen.
local now, ttl = tonumber(ARGV[1]), tonumber(ARGV[2])
local rank = {online = 2, away = 1, invisible = 0}
local changed = false

local function devices_of(user)
  local packed = redis.call('HGET', KEYS[1], user)
  local all, living = packed and cmsgpack.unpack(packed) or {}, {}
  for first = 1, #all, 5 do
    if all[first + 3] > now then
      living[#living + 1] = {all[first], all[first + 1], all[first + 2], all[first + 3], all[first + 4]}
    end
  end
  return living
end

local function seen_as(devices)
  local best
  for _, one in ipairs(devices) do
    if one[2] == 'invisible' then return nil end
    if not best or rank[one[2]] > rank[best[2]]
      or rank[one[2]] == rank[best[2]] and (one[3] > best[3] or one[3] == best[3] and one[1] > best[1])
    then best = one end
  end
  return best and best[2] .. ' ' .. best[5]
end

local function keep(user, devices)
  local flat, due = {}, nil
  for _, one in ipairs(devices) do
    for place = 1, 5 do flat[#flat + 1] = one[place] end
    if not due or one[4] < due then due = one[4] end
  end
  if due then
    redis.call('HSET', KEYS[1], user, cmsgpack.pack(flat))
    redis.call('ZADD', KEYS[2], due, user)
  else
    redis.call('HDEL', KEYS[1], user)
    redis.call('ZREM', KEYS[2], user)
  end
  local before, after = redis.call('HGET', KEYS[3], user), seen_as(devices)
  if (before or nil) == after then return end
  changed = true
  if after then
    redis.call('HSET', KEYS[3], user, after)
    redis.call('ZADD', KEYS[4], 0, user)
  else
    redis.call('HDEL', KEYS[3], user)
    redis.call('ZREM', KEYS[4], user)
  end
end

for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  keep(user, devices_of(user))
end
local done, user, client = ARGV[5], ARGV[6], ARGV[7]
local was_here = false
if done ~= 'sweep' then
  local rest = {}
  local here
  for _, one in ipairs(devices_of(user)) do
    if one[1] == client then here = one else rest[#rest + 1] = one end
  end
  was_here = here ~= nil
  if done == 'beat' and here then
    rest[#rest + 1] = {client, here[2], here[3], now + ttl, here[5]}
  elseif done == 'enter' or done == 'update' and here then
    rest[#rest + 1] = {client, ARGV[8], now, now + ttl, ARGV[9]}
  end
  if was_here or done == 'enter' then keep(user, rest) end
end
if changed or redis.call('EXISTS', KEYS[5]) == 0 then redis.call('SET', KEYS[5], ARGV[4]) end
for number = 1, 5 do redis.call('PEXPIRE', KEYS[number], ARGV[3]) end
return {was_here and 1 or 0, redis.call('GET', KEYS[5]), redis.call('ZCARD', KEYS[4])}
