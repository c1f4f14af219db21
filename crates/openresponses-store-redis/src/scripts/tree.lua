-- One tree of continuations: a hash, with fields for each response X.
--   mX: e expiry, k number of continuations, p the response it continues, q place in the queue,
--       s size of the conversation, r and i bytes of the response and of its items; of a large one:
--       n name of its pieces, a and b number of those of the response and of its items; of an
--       unfinished one: o open, h holder, u end of the claim
--   rX: the response, absent when it was deleted or has expired
--   iX: the items that it adds, as long as it or a continuation needs them
--   cN:1, cN:2 ..: the pieces N of a large response, then those of its items; rX is empty, iX absent
--   q1, q2 ..: responses in the order of their expiry; #h, #t: first and last; #n: number of mX;
--   #c: number of rX; #b: bytes of responses and items;
--   #s: pieces that no response has yet; #d: responses from which a removal goes on
local K = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
-- What one script may remove, so that it holds the server for a short time only.
local steps = 256
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
-- Where the items of a response are: bytes, name of the pieces, the first one, their number.
local function place(m)
  return string.format('%.0f:%s:%.0f:%.0f', m.i, m.n or '', (m.a or 0) + 1, m.b or 0)
end
local function remove(name, from, to)
  for at = from, to do redis.call('HDEL', K, 'c' .. name .. ':' .. at) end
  steps = steps - (to - from + 1)
end
local function hide(id, m)
  if redis.call('HDEL', K, 'r' .. id) == 1 then
    count(-1, -m.r)
    if m.n then remove(m.n, 1, m.a) end
  end
end
local function list(field)
  local packed = redis.call('HGET', K, field)
  return packed and cmsgpack.unpack(packed) or {}
end
local function keep(field, values)
  if #values > 0 then
    redis.call('HSET', K, field, cmsgpack.pack(values))
  else
    redis.call('HDEL', K, field)
  end
end
-- Removes a response that is not live, unless a continuation needs it, and then what was kept for it
-- only. True if a part of that is left for another call.
local function drop(id)
  local left = list('#d')
  if #left == 0 and not id then return false end
  left[#left + 1] = id
  while #left > 0 and steps > 0 do
    steps = steps - 1
    local x = table.remove(left)
    local m = get(x)
    if m and not live(x, m) then
      hide(x, m)
      if m.k == 0 then
        count(0, -m.i)
        redis.call('HDEL', K, 'm' .. x, 'i' .. x)
        if m.n then remove(m.n, m.a + 1, m.a + m.b) end
        if redis.call('HINCRBY', K, '#n', -1) == 0 then
          if redis.call('HEXISTS', K, '#s') == 0 then
            redis.call('UNLINK', K)
            return false
          end
          -- A write has begun.
          redis.call('PEXPIRE', K, 60000)
        end
        local p = m.p and get(m.p)
        if p then
          p.k = p.k - 1
          put(m.p, p)
          left[#left + 1] = m.p
        end
      end
    end
  end
  keep('#d', left)
  return #left > 0
end
