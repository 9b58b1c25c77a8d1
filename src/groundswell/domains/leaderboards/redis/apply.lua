-- Let a copy follow one step.
--
-- KEYS: state. ARGV: the prefix of the other keys, the stamp before and after, version, time to
-- live (ms), and by cmsgpack: places (window, user, score or '', member's beginning), users who
-- are shown ('1') or not ('0'), and windows that are closed; all flat, all texts.
-- Answers whether the copy stood at the stamp before.
local state, prefix = KEYS[1], ARGV[1]
if redis.call('HGET', state, 'stamp') ~= ARGV[2] then return 0 end
local places, shown, closed = cmsgpack.unpack(ARGV[6]), cmsgpack.unpack(ARGV[7]), cmsgpack.unpack(ARGV[8])
local hidden, touched = prefix .. 'hidden', {}

local function is_whole(window)
  local known = tonumber(redis.call('HGET', state, 'n:' .. window) or '0')
  return redis.call('ZCARD', prefix .. 'order:' .. window) == known
    and redis.call('HLEN', prefix .. 'whose:' .. window) == known
end

for at = 1, #places, 4 do touched[places[at]] = true end
for window in pairs(touched) do
  if not is_whole(window) then
    redis.call('DEL', state)
    return 0
  end
end
for at = 1, #places, 4 do
  local window, user, score, begin = places[at], places[at + 1], places[at + 2], places[at + 3]
  local order, whose = prefix .. 'order:' .. window, prefix .. 'whose:' .. window
  local before = redis.call('HGET', whose, user)
  if before then redis.call('ZREM', order, before .. user) end
  if score ~= '' then
    redis.call('ZADD', order, score, begin .. user)
    redis.call('HSET', whose, user, begin)
  elseif before then
    redis.call('HDEL', whose, user)
  end
end
for at = 1, #shown, 2 do
  redis.call(shown[at + 1] == '1' and 'SREM' or 'SADD', hidden, shown[at])
end
if #shown > 0 then redis.call('HSET', state, 'hidden', redis.call('SCARD', hidden)) end
for window in pairs(touched) do
  local order = prefix .. 'order:' .. window
  redis.call('HSET', state, 'n:' .. window, redis.call('ZCARD', order))
  redis.call('PEXPIRE', order, ARGV[5])
  redis.call('PEXPIRE', prefix .. 'whose:' .. window, ARGV[5])
end
for _, window in ipairs(closed) do
  redis.call('UNLINK', prefix .. 'order:' .. window, prefix .. 'whose:' .. window)
  redis.call('HDEL', state, 'n:' .. window)
end
redis.call('HSET', state, 'stamp', ARGV[3], 'version', ARGV[4])
redis.call('PEXPIRE', state, ARGV[5])
redis.call('PEXPIRE', hidden, ARGV[5])
return 1
