-- tree, its responses, its bytes, number of its last write, limit of responses, limit of bytes, expiry.
-- The trees of one scope in the order of their last writes: a hash.
--   tX: c responses, b bytes, w number of its last write, q place in the queue; q1, q2 ..: trees;
--   #h, #t: first and last; #c, #b: sums
-- 1 if the tree alone is beyond a limit, then the other trees that have to go, each with its last write.
-- They count until `uncount.lua`.
local K = KEYS[1]
local tree, c, b = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local function number(field) return tonumber(redis.call('HGET', K, field) or '0') end
local function get(id)
  local t = redis.call('HGET', K, 't' .. id)
  return t and cmsgpack.unpack(t)
end
local sc, sb = number('#c'), number('#b')
local old = get(tree)
if old then sc, sb = sc - old.c, sb - old.b end
local tail = number('#t')
if c > 0 then
  tail = tail + 1
  sc, sb = sc + c, sb + b
  redis.call('HSET', K, 't' .. tree, cmsgpack.pack({ c = c, b = b, w = ARGV[4], q = tail }), 'q' .. tail, tree)
else
  redis.call('HDEL', K, 't' .. tree)
end
local head = number('#h')
redis.call('HSET', K, '#t', tail, '#c', sc, '#b', sb)
local function over() return sc > tonumber(ARGV[5]) or sb > tonumber(ARGV[6]) end
local out = { over() and (c > tonumber(ARGV[5]) or b > tonumber(ARGV[6])) and 1 or 0 }
local at = head
while #out <= 32 and at < tail do
  at = at + 1
  local id = redis.call('HGET', K, 'q' .. at)
  local t = id and get(id)
  if t and t.q == at then
    if id == tree or not over() then break end
    sc, sb = sc - t.c, sb - t.b
    out[#out + 1] = id
    out[#out + 1] = t.w or ''
  else
    redis.call('HDEL', K, 'q' .. at)
    if at == head + 1 then head = at end
  end
end
redis.call('HSET', K, '#h', head)
if redis.call('PTTL', K) < tonumber(ARGV[7]) then redis.call('PEXPIRE', K, ARGV[7]) end
return out
