-- id, parent, condition, expected holder, head, items, time to live, 1 if open, holder, time of the
-- claim, limit of the conversation.
-- 1: written; 0: the condition does not hold; -1: the parent is gone; -2: too large.
local id, parent, condition = ARGV[1], ARGV[2], ARGV[3]
if parent == '' then parent = nil end
local old = get(id)
if condition ~= '' then
  if not live(id, old) then return 0 end
  -- The same write again, whose reply was lost. Another holder may have written the same content.
  if (old.h or '') == ARGV[9] and redis.call('HGET', K, 'r' .. id) == ARGV[5] then return 1 end
  if not old.o then return 0 end
  if condition == 'held' and old.h ~= ARGV[4] then return 0 end
  if condition == 'abandoned' and not (old.u and old.u <= now) then return 0 end
end
if old and old.p ~= parent then return -1 end
local above = parent and get(parent)
if parent and not above then return -1 end
local size = #ARGV[6] + (above and above.s or 0)
if size + #ARGV[5] > tonumber(ARGV[11]) then return -2 end
if not old then
  redis.call('HINCRBY', K, '#n', 1)
  if above then
    above.k = above.k + 1
    put(parent, above)
  end
end
local seq = redis.call('HINCRBY', K, '#t', 1)
redis.call('HSET', K, 'q' .. seq, id)
local m = { e = now + ARGV[7], k = old and old.k or 0, p = parent, q = seq, s = size }
if ARGV[8] == '1' then
  m.o = 1
  if ARGV[9] ~= '' then
    m.h = ARGV[9]
    m.u = now + ARGV[10]
  end
end
put(id, m)
local before = redis.call('HSTRLEN', K, 'r' .. id) + redis.call('HSTRLEN', K, 'i' .. id)
local more = redis.call('HEXISTS', K, 'r' .. id) == 1 and 0 or 1
count(more, #ARGV[5] + #ARGV[6] - before)
redis.call('HSET', K, 'r' .. id, ARGV[5], 'i' .. id, ARGV[6])
if redis.call('PTTL', K) < tonumber(ARGV[7]) then redis.call('PEXPIRE', K, ARGV[7]) end
-- Each write removes a few that have expired, so the work is bounded and keeps up.
for _ = 1, 4 do
  local h = tonumber(redis.call('HGET', K, '#h') or '0') + 1
  if h >= seq then break end
  local x = redis.call('HGET', K, 'q' .. h)
  local mx = x and get(x)
  local newest = mx and mx.q == h
  if newest and mx.e > now then break end
  redis.call('HDEL', K, 'q' .. h)
  redis.call('HSET', K, '#h', h)
  if newest then drop(x) end
end
return 1
