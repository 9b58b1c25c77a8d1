-- The present life of the streams and their cursor; begins a life where there is none.
--
-- KEYS: the head. ARGV: a life to end if it is the present one, a name for a new life, the place in
-- the log where it begins, now (ms).
local head = redis.call('HMGET', KEYS[1], 'life', 'seq')
if head[1] and head[1] ~= ARGV[1] then return {'OK', head[1], head[2]} end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'life', ARGV[2], 'seq', ARGV[3], 'since', ARGV[3], 'markSeq', ARGV[3],
  'markAt', ARGV[4], 'generation', '0')
return {'OK', ARGV[2], ARGV[3]}
