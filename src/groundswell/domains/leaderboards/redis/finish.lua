-- Let a new copy take the place of the old one.
--
-- KEYS: state, lease. ARGV: the prefix of the other keys, the new copy's name, stamp, version, time
-- to live (ms), and by cmsgpack: windows, and users who are not shown; all texts.
-- Answers whether the new copy was still there.
local state, prefix, name, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[5]
if redis.call('GET', KEYS[2]) ~= name then return 0 end
local windows, unseen = cmsgpack.unpack(ARGV[6]), cmsgpack.unpack(ARGV[7])
for _, field in ipairs(redis.call('HKEYS', state)) do
  if string.sub(field, 1, 2) == 'n:' then
    local window = string.sub(field, 3)
    redis.call('UNLINK', prefix .. 'order:' .. window, prefix .. 'whose:' .. window)
  end
end
redis.call('DEL', state, KEYS[2], prefix .. 'hidden')
for _, window in ipairs(windows) do
  for _, part in ipairs({'order:', 'whose:'}) do
    local from, to = prefix .. name .. ':' .. part .. window, prefix .. part .. window
    redis.call('UNLINK', to)
    if redis.call('EXISTS', from) == 1 then
      redis.call('RENAME', from, to)
      redis.call('PEXPIRE', to, ttl)
    end
  end
  redis.call('HSET', state, 'n:' .. window, redis.call('ZCARD', prefix .. 'order:' .. window))
end
for _, user in ipairs(unseen) do redis.call('SADD', prefix .. 'hidden', user) end
redis.call('PEXPIRE', prefix .. 'hidden', ttl)
redis.call('HSET', state, 'hidden', redis.call('SCARD', prefix .. 'hidden'))
redis.call('HSET', state, 'stamp', ARGV[3], 'version', ARGV[4])
redis.call('PEXPIRE', state, ttl)
return 1
