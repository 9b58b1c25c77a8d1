-- Tells one process, in order with everything that is published, where topics stand just now.
--
-- KEYS: the head, then the record of each topic.
-- ARGV: life, the channel of the process, token, then the name of each topic.
local head = redis.call('HMGET', KEYS[1], 'life', 'seq', 'generation')
if head[1] ~= ARGV[1] then return {'LOST'} end
local born = head[3] == '0' and head[1] or head[1] .. '-' .. head[3]
local told = {ARGV[3], head[2]}
for number = 2, #KEYS do
  local row = redis.call('HMGET', KEYS[number], 'epoch', 'offset')
  told[#told + 1] = ARGV[number + 2]
  told[#told + 1] = row[1] or born
  told[#told + 1] = row[2] or '0'
end
redis.call('SPUBLISH', ARGV[2], cmsgpack.pack(told))
return {'OK'}
