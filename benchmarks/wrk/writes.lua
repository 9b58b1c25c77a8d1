-- Plays and votes by visitors that are all different, spread evenly over the files or, with a hot
-- share, mostly to the first one. Arguments: style, action, hot share, number of the first
-- visitor, file with one media id per line.

local ADDRESSES = 2 ^ 30
local STEP = 6364137 -- odd, so that numbers below ADDRESSES map to addresses one to one

local forms = {
  rest = {
    plays = { "POST", "/v1/media/%d/plays", '{"playDuration":40}' },
    votes = { "PUT", "/v1/media/%d/vote", '{"voteType":"up"}' },
  },
  trpc = {
    plays = { "POST", "/engagement.recordPlay", '{"mediaFileId":%d,"playDuration":40}' },
    votes = { "POST", "/engagement.vote", '{"mediaFileId":%d,"voteType":"up"}' },
  },
}

local heads, tails, hot_share, visitor = {}, {}, 0, 0

local function compose(form, id)
  local body = string.format(form[3], id)
  heads[#heads + 1] = form[1] .. " " .. string.format(form[2], id) .. " HTTP/1.1\r\n" ..
    "Host: 127.0.0.1\r\nContent-Type: application/json\r\n" ..
    "Content-Length: " .. #body .. "\r\nX-Forwarded-For: "
  tails[#tails + 1] = "\r\n\r\n" .. body
end

function init(args)
  local form = forms[args[1]][args[2]]
  hot_share, visitor = tonumber(args[3]), tonumber(args[4])
  for id in io.lines(args[5]) do compose(form, tonumber(id)) end
  math.randomseed(visitor)
end

local function address(number)
  local bits = (number * STEP) % ADDRESSES
  return string.format("%d.%d.%d.%d", 16 + math.floor(bits / 2 ^ 24),
    math.floor(bits / 2 ^ 16) % 256, math.floor(bits / 2 ^ 8) % 256, bits % 256)
end

local function choose()
  if math.random() < hot_share then return 1 end
  return math.random(#heads)
end

function request()
  local file = choose()
  visitor = visitor + 1
  return heads[file] .. address(visitor) .. tails[file]
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
