-- Takes, keeps or gives up the lease. KEYS: the lease. ARGV: who asks, milliseconds (0 gives it up).
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {'OK', 0} end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return {'OK', 0}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'OK', 1}
