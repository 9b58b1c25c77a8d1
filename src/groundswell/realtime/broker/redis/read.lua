-- Where a topic stands, and what followed a place in it.
--
-- KEYS: the head, the record and the history of the topic.
-- ARGV: life, now, oldest instant still kept, rotation of marks (ms),
-- 'offset', 'seq' or 'newest', the place, the limit.
-- Answers epoch, offset, lowest, floor and the entries as offset and payload in turn; whatever of
-- the topic has a greater seq than the floor is in the history.
local head = redis.call('HMGET', KEYS[1], 'life', 'seq', 'generation', 'since', 'markAt')
if head[1] ~= ARGV[1] then return {'LOST'} end
local row = redis.call('HMGET', KEYS[2], 'epoch', 'offset', 'seq')
if not row[1] then
  -- A topic nobody knows had no event since the mark; without newer marks nothing is certain.
  local certain = tonumber(ARGV[2]) - tonumber(head[5]) < tonumber(ARGV[4])
  local epoch = head[3] == '0' and head[1] or head[1] .. '-' .. head[3]
  return {'OK', epoch, '0', '1', certain and head[4] or head[2], {}}
end
local function offset_of(entry)
  return string.match(entry[1], '-(%d+)$')
end
local offset, oldest = tonumber(row[2]), ARGV[3]
local first = redis.call('XRANGE', KEYS[3], oldest, '+', 'COUNT', 1)[1]
local lowest = first and offset_of(first) or string.format('%.0f', offset + 1)
local floor = first and first[2][4] or row[3]
local how, place, limit = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local found, entries = {}, {}
if how == 'newest' then
  if limit > 0 then found = redis.call('XREVRANGE', KEYS[3], '+', oldest, 'COUNT', limit) end
elseif how == 'offset' then
  if place < offset then
    found = redis.call('XREVRANGE', KEYS[3], '+', oldest, 'COUNT', offset - place)
  end
else
  found = redis.call('XREVRANGE', KEYS[3], '+', oldest)
end
for place_in_found = #found, 1, -1 do
  local entry = found[place_in_found]
  if #entries >= 2 * limit then break end
  if how ~= 'seq' or tonumber(entry[2][2]) > place then
    entries[#entries + 1] = offset_of(entry)
    entries[#entries + 1] = entry[2][6]
  end
end
return {'OK', row[1], row[2], lowest, floor, entries}
