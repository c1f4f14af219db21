-- (tree, number of its last write)*. Trees that are gone count no more, unless they were written again.
local K = KEYS[1]
for at = 1, #ARGV, 2 do
  local packed = redis.call('HGET', K, 't' .. ARGV[at])
  local t = packed and cmsgpack.unpack(packed)
  if t and (t.w or '') == ARGV[at + 1] then
    redis.call('HDEL', K, 't' .. ARGV[at], 'q' .. t.q)
    redis.call('HINCRBY', K, '#c', -t.c)
    redis.call('HINCRBY', K, '#b', -t.b)
  end
end
return 1
