-- number of the last write, or nothing. Removes a tree, or a number of its responses: 1 if nothing is
-- left, then their ids. 2 and no ids if the tree was written since.
local out = { 0 }
local tail = redis.call('HGET', K, '#t')
if tail and ARGV[1] ~= '' and tail ~= ARGV[1] then return { 2 } end
tail = tonumber(tail or '0')
local h = tonumber(redis.call('HGET', K, '#h') or '0')
while #out <= 256 and steps > 0 do
  if h >= tail then
    redis.call('UNLINK', K)
    out[1] = 1
    return out
  end
  h = h + 1
  local x = redis.call('HGET', K, 'q' .. h)
  redis.call('HDEL', K, 'q' .. h)
  local m = x and get(x)
  if m and m.q == h and redis.call('HEXISTS', K, 'r' .. x) == 1 then
    hide(x, m)
    out[#out + 1] = x
  end
  steps = steps - 1
end
redis.call('HSET', K, '#h', h)
return out
