-- One tree of continuations: a hash, with fields for each response X.
--   mX: e expiry, k number of continuations, p the response it continues, q place in the queue,
--       s size of the conversation; of an unfinished one: o open, h holder, u end of the claim
--   rX: the response, absent when it was deleted or has expired
--   iX: the items that it adds, as long as it or a continuation needs them
--   q1, q2 ..: responses in the order of their expiry; #h, #t: first and last; #n: number of mX;
--   #c: number of rX; #b: bytes of all rX and iX
local K = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function get(id)
  local m = redis.call('HGET', K, 'm' .. id)
  return m and cmsgpack.unpack(m)
end
local function put(id, m)
  redis.call('HSET', K, 'm' .. id, cmsgpack.pack(m))
end
local function live(id, m)
  return m and m.e > now and redis.call('HEXISTS', K, 'r' .. id) == 1
end
local function count(responses, bytes)
  redis.call('HINCRBY', K, '#c', responses)
  redis.call('HINCRBY', K, '#b', bytes)
end
local function hide(id)
  local bytes = redis.call('HSTRLEN', K, 'r' .. id)
  if redis.call('HDEL', K, 'r' .. id) == 1 then count(-1, -bytes) end
end
local function drop(id)
  while id do
    local m = get(id)
    if not m or live(id, m) then return end
    hide(id)
    if m.k > 0 then return end
    count(0, -redis.call('HSTRLEN', K, 'i' .. id))
    redis.call('HDEL', K, 'm' .. id, 'i' .. id)
    if redis.call('HINCRBY', K, '#n', -1) == 0 then
      redis.call('DEL', K)
      return
    end
    id = m.p
    local p = id and get(id)
    if p then
      p.k = p.k - 1
      put(id, p)
    end
  end
end
