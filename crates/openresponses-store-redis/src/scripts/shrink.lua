-- id, limit of responses, limit of bytes. Removes the oldest responses of a tree, but not this one.
-- Their ids.
local out = {}
local tail = tonumber(redis.call('HGET', K, '#t') or '0')
local more = drop()
while not more and #out < 64 and steps > 0 do
  local h = tonumber(redis.call('HGET', K, '#h') or '0') + 1
  local c = tonumber(redis.call('HGET', K, '#c') or '0')
  local b = tonumber(redis.call('HGET', K, '#b') or '0')
  if h > tail or (c <= tonumber(ARGV[2]) and b <= tonumber(ARGV[3])) then break end
  local x = redis.call('HGET', K, 'q' .. h)
  if x == ARGV[1] then break end
  redis.call('HDEL', K, 'q' .. h)
  redis.call('HSET', K, '#h', h)
  local m = x and get(x)
  if m and m.q == h then
    hide(x, m)
    more = drop(x)
    out[#out + 1] = x
  end
end
return out
