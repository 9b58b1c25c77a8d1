-- Begins a new epoch of a topic whose stream does not reach an offset that it is known to have given.
--
-- KEYS: the head, the record and the history of the topic.
-- ARGV: life, the topic's channel, the epoch that is to end, the offset, a name for the new epoch,
-- now, age of positions (ms).
-- All who listen are told by a message with the offset 0.
local head = redis.call('HMGET', KEYS[1], 'life', 'generation', 'since')
if head[1] ~= ARGV[1] then return {'LOST'} end
local born = head[2] == '0' and head[1] or head[1] .. '-' .. head[2]
local row = redis.call('HMGET', KEYS[2], 'epoch', 'offset', 'seq')
if (row[1] or born) ~= ARGV[3] or tonumber(row[2] or 0) >= tonumber(ARGV[4]) then
  return {'OK', 0}
end
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[2], 'epoch', ARGV[5], 'offset', '0', 'seq', row[3] or head[3], 'at', ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('SPUBLISH', ARGV[2], '0:' .. ARGV[5] .. ':')
return {'OK', 1}
