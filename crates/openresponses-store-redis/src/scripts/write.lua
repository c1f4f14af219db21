-- id, parent, condition, expected holder, head, items, time to live, 1 if open, holder, time of the
-- claim, limit of the conversation, bytes of head and items; of a large one: name of the pieces,
-- numbers of those of head and items.
-- 1: written; 0: the condition does not hold; -1: the parent is gone; -2: too large; -3: a piece is
-- gone.
local id, parent, condition = ARGV[1], ARGV[2], ARGV[3]
if parent == '' then parent = nil end
local r, i = tonumber(ARGV[12]), tonumber(ARGV[13])
local name, a, b = ARGV[14], tonumber(ARGV[15]), tonumber(ARGV[16])
if name == '' then name = nil end
local old = get(id)
local function refuse(answer)
  if name then remove(name, 1, a + b) end
  return answer
end
-- Removes what was staged for writes that did not come.
local staged = list('#s')
if #staged > 0 then
  local kept = {}
  for _, one in ipairs(staged) do
    local m = one[1] ~= name and one[2] <= now and (get(one[3]) or {})
    if m and steps > 0 then
      if m.n ~= one[1] then remove(one[1], 1, one[4]) end
    elseif one[1] ~= name then
      kept[#kept + 1] = one
    end
  end
  keep('#s', kept)
end
if name then
  -- The same write again, whose reply was lost.
  if old and old.n == name then
    if redis.call('HEXISTS', K, 'r' .. id) == 1 then return 1 end
    remove(name, 1, a)
    return condition == '' and 1 or 0
  end
  for at = 1, a + b do
    if redis.call('HEXISTS', K, 'c' .. name .. ':' .. at) == 0 then return refuse(-3) end
  end
end
-- The same write again, whose reply was lost. Another holder may have written the same content.
local function is_there()
  if (old.h or '') ~= ARGV[9] then return false end
  if not name then return redis.call('HGET', K, 'r' .. id) == ARGV[5] end
  if not old.n or old.r ~= r or old.i ~= i then return false end
  for at = 1, a do
    local before = redis.call('HGET', K, 'c' .. old.n .. ':' .. at)
    if before ~= redis.call('HGET', K, 'c' .. name .. ':' .. at) then return false end
  end
  return true
end
if condition ~= '' then
  if not live(id, old) then return refuse(0) end
  if is_there() then return refuse(1) end
  if not old.o then return refuse(0) end
  if condition == 'held' and old.h ~= ARGV[4] then return refuse(0) end
  if condition == 'abandoned' and not (old.u and old.u <= now) then return refuse(0) end
end
if old and old.p ~= parent then return refuse(-1) end
local above = parent and get(parent)
if parent and not above then return refuse(-1) end
local size = i + (above and above.s or 0)
if size + r > tonumber(ARGV[11]) then return refuse(-2) end
local before, more = old and old.i or 0, 1
if redis.call('HEXISTS', K, 'r' .. id) == 1 then
  before, more = before + old.r, 0
end
if old then
  if old.n then remove(old.n, 1, old.a + old.b) end
else
  redis.call('HINCRBY', K, '#n', 1)
  if above then
    above.k = above.k + 1
    put(parent, above)
  end
end
local seq = redis.call('HINCRBY', K, '#t', 1)
redis.call('HSET', K, 'q' .. seq, id)
local m = { e = now + ARGV[7], k = old and old.k or 0, p = parent, q = seq, s = size, r = r, i = i }
if ARGV[8] == '1' then
  m.o = 1
  if ARGV[9] ~= '' then
    m.h = ARGV[9]
    m.u = now + ARGV[10]
  end
end
if name then
  m.n, m.a, m.b = name, a, b
  redis.call('HDEL', K, 'i' .. id)
  redis.call('HSET', K, 'r' .. id, '')
else
  redis.call('HSET', K, 'r' .. id, ARGV[5], 'i' .. id, ARGV[6])
end
put(id, m)
count(more, r + i - before)
if redis.call('PTTL', K) < tonumber(ARGV[7]) then redis.call('PEXPIRE', K, ARGV[7]) end
-- Each write removes a few that have expired, so the work is bounded and keeps up.
steps = 256
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
drop()
return 1
