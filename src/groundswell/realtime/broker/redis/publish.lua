-- Numbers, keeps and hands on publications, all of them or none, and moves the cursor of the log.
--
-- KEYS: the head, then the record and the history of each topic.
-- ARGV: life, cursor known to the caller, now, length and age of histories, age of positions,
-- rotation of marks (all times in ms), commit channel, token, number of topics,
-- then of each topic its channel, whether only its newest is kept, and the channel of the pattern
-- it matches (empty: of none), where a message begins with the name of the topic,
-- then of each publication the number of its topic, seq, id, 1 for state, payload.
--
-- Everything that is published here comes from one log, read in order by every process that
-- publishes. So whatever is not beyond the cursor was published before, by another process or by
-- an earlier attempt, and is left out. Numbers stay text where they may be long.
local head = redis.call('HMGET', KEYS[1], 'life', 'seq', 'generation', 'since', 'markSeq', 'markAt')
if head[1] ~= ARGV[1] or tonumber(head[2]) < tonumber(ARGV[2]) then
  return {'LOST'}
end
local now, length, rotation = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[7])
local cursor, newest, accepted = tonumber(head[2]), head[2], 0
if now - tonumber(head[6]) >= rotation then
  head[3], head[4], head[5], head[6] = tonumber(head[3]) + 1, head[5], head[2], ARGV[3]
  redis.call('HSET', KEYS[1], 'generation', head[3], 'since', head[4],
    'markSeq', head[5], 'markAt', head[6])
end
local born = tonumber(head[3]) == 0 and head[1] or head[1] .. '-' .. head[3]
local count, topics = tonumber(ARGV[10]), {}

local function topic_of(number)
  local topic = topics[number]
  if topic then return topic end
  local record, history = KEYS[2 * number], KEYS[2 * number + 1]
  local row = redis.call('HMGET', record, 'epoch', 'offset', 'seq', 'stateSeq', 'stateId', 'at')
  if not row[1] then redis.call('DEL', history) end
  local family = ARGV[10 + 3 * number]
  if family ~= '' and redis.call('PUBSUB', 'SHARDNUMSUB', family)[2] == 0 then family = '' end
  topic = {
    record = record, history = history, channel = ARGV[8 + 3 * number],
    length = ARGV[9 + 3 * number] == '1' and '1' or length, family = family,
    epoch = row[1] or born, offset = tonumber(row[2] or 0), seq = row[3] or head[4],
    stateSeq = row[4] or '-1', stateId = row[5] or '', at = math.max(now, tonumber(row[6] or 0)),
  }
  topics[number] = topic
  return topic
end

for first = 11 + 3 * count, #ARGV, 5 do
  local topic = topic_of(tonumber(ARGV[first]))
  local seq, id, payload = ARGV[first + 1], ARGV[first + 2], ARGV[first + 4]
  local fresh
  if ARGV[first + 3] == '1' then
    fresh = tonumber(seq) >= tonumber(topic.stateSeq) and id ~= topic.stateId
    if fresh then topic.stateSeq, topic.stateId = seq, id end
  else
    fresh = tonumber(seq) > cursor
    if tonumber(seq) > tonumber(newest) then newest = seq end
  end
  if fresh then
    topic.offset = topic.offset + 1
    local offset = string.format('%.0f', topic.offset)
    redis.call('XADD', topic.history, 'MAXLEN', topic.length,
      string.format('%.0f', topic.at) .. '-' .. offset, 's', seq, 'f', topic.seq, 'p', payload)
    if tonumber(seq) > tonumber(topic.seq) then topic.seq = seq end
    local told = offset .. ':' .. topic.epoch .. ':' .. payload
    redis.call('SPUBLISH', topic.channel, told)
    if topic.family ~= '' then
      redis.call('SPUBLISH', topic.family, string.match(topic.channel, '[^:]*$') .. ':' .. told)
    end
    topic.touched = true
    accepted = accepted + 1
  end
end

for _, topic in pairs(topics) do
  if topic.touched then
    redis.call('HSET', topic.record, 'epoch', topic.epoch, 'seq', topic.seq,
      'offset', string.format('%.0f', topic.offset), 'at', string.format('%.0f', topic.at),
      'stateSeq', topic.stateSeq, 'stateId', topic.stateId)
    redis.call('PEXPIRE', topic.record, ARGV[6])
    redis.call('XTRIM', topic.history, 'MINID', string.format('%.0f', now - tonumber(ARGV[5])))
    redis.call('PEXPIRE', topic.history, ARGV[5])
  end
end
if newest ~= head[2] then redis.call('HSET', KEYS[1], 'seq', newest) end
redis.call('SPUBLISH', ARGV[8], newest .. ' ' .. ARGV[9])
return {'OK', accepted}
