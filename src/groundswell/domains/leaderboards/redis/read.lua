-- A part of a window.
--
-- KEYS: state. ARGV: the prefix of the other keys, the window, user (or ''), how many,
-- 'around' or 'after', the score (negative) and the member after which a page begins (or '').
-- Answers false where the copy cannot say, else, by cmsgpack: stamp, members, the user's own member, score and
-- position (or ''), whether they are hidden, and member, score and position of each of the page.
-- All numbers are texts: those of Lua would lose digits.
local state, prefix, window, user = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local count, kind, after_score, after = tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[7]
local order, whose, hidden = prefix .. 'order:' .. window, prefix .. 'whose:' .. window, prefix .. 'hidden'
local WALK = 2000

local known = redis.call('HMGET', state, 'stamp', 'n:' .. window, 'hidden')
if not known[1] then return false end
local members = redis.call('ZCARD', order)
local unseen = redis.call('SCARD', hidden)
if members ~= tonumber(known[2] or '0') or members ~= redis.call('HLEN', whose)
  or unseen ~= tonumber(known[3] or '0') then
  redis.call('DEL', state)
  return false
end

local function position(score)
  return tostring(redis.call('ZCOUNT', order, '-inf', '(' .. score) + 1)
end

local function is_shown(member)
  return unseen == 0 or redis.call('SISMEMBER', hidden, string.sub(member, 17)) == 0
end

-- From a place on, up or down, those who are shown; nil if there is too much to walk over.
local function walk(from, step, wanted)
  local found, walked = {}, 0
  while #found < wanted and from >= 0 and from < members do
    if walked > WALK then return nil end
    local size = math.min(wanted - #found + 8, step > 0 and members - from or from + 1)
    local first = step > 0 and from or from - size + 1
    local rows = redis.call('ZRANGE', order, first, first + size - 1, 'WITHSCORES')
    for at = 1, size do
      local place = step > 0 and at or size - at + 1
      local member, score = rows[2 * place - 1], rows[2 * place]
      if #found < wanted and is_shown(member) then found[#found + 1] = {member, score} end
    end
    from, walked = from + step * size, walked + size
  end
  return found
end

local mine = user ~= '' and redis.call('HGET', whose, user)
local my_score = mine and redis.call('ZSCORE', order, mine .. user)
local me = mine and {mine .. user, my_score, position(my_score)} or {'', '', ''}
local page = {}
if kind == 'around' then
  if mine then
    local here = redis.call('ZRANK', order, mine .. user)
    local above, below = walk(here - 1, -1, count), walk(here + 1, 1, count)
    if not above or not below then return false end
    for place = #above, 1, -1 do page[#page + 1] = above[place] end
    page[#page + 1] = {mine .. user, my_score}
    for _, one in ipairs(below) do page[#page + 1] = one end
  end
else
  local from = 0
  if after ~= '' then
    if redis.call('ZSCORE', order, after) ~= after_score then return false end
    from = redis.call('ZRANK', order, after) + 1
  end
  page = walk(from, 1, count)
  if not page then return false end
end

local is_hidden = user ~= '' and redis.call('SISMEMBER', hidden, user) or 0
local answer = {known[1], members, me[1], me[2], me[3], is_hidden}
local score, place
for _, one in ipairs(page) do
  if one[2] ~= score then score, place = one[2], position(one[2]) end
  answer[#answer + 1] = one[1]
  answer[#answer + 1] = one[2]
  answer[#answer + 1] = place
end
return cmsgpack.pack(answer)
