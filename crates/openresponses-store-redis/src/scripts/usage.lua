-- tree, its responses, its bytes, limit of responses, limit of bytes, expiry.
-- The trees of one scope in the order of their last writes: a hash.
--   tX: c responses, b bytes, q place in the queue; q1, q2 ..: trees; #h, #t: first and last;
--   #c, #b: sums
-- 1 if the tree alone is beyond a limit, then the other trees that have to go.
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
  redis.call('HSET', K, 't' .. tree, cmsgpack.pack({ c = c, b = b, q = tail }), 'q' .. tail, tree)
else
  redis.call('HDEL', K, 't' .. tree)
end
local head = number('#h')
local function over() return sc > tonumber(ARGV[4]) or sb > tonumber(ARGV[5]) end
local out = { over() and (c > tonumber(ARGV[4]) or b > tonumber(ARGV[5])) and 1 or 0 }
while #out <= 16 and head < tail do
  local id = redis.call('HGET', K, 'q' .. (head + 1))
  local t = id and get(id)
  local newest = t and t.q == head + 1
  if newest and (id == tree or not over()) then break end
  head = head + 1
  redis.call('HDEL', K, 'q' .. head)
  if newest then
    redis.call('HDEL', K, 't' .. id)
    sc, sb = sc - t.c, sb - t.b
    out[#out + 1] = id
  end
end
redis.call('HSET', K, '#h', head, '#t', tail, '#c', sc, '#b', sb)
if redis.call('PTTL', K) < tonumber(ARGV[6]) then redis.call('PEXPIRE', K, ARGV[6]) end
return out
