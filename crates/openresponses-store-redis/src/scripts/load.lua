-- id, limit. The response, its items, its parent, 1 if abandoned, then the items of its ancestors,
-- the nearest first; the number of bytes instead if they are more than the limit.
local id = ARGV[1]
local m = get(id)
if not live(id, m) then return false end
local out = {
  redis.call('HGET', K, 'r' .. id), redis.call('HGET', K, 'i' .. id), m.p or '',
  m.u and m.u <= now and 1 or 0,
}
if m.s + #out[1] > tonumber(ARGV[2]) then return m.s end
local x = m.p
while x do
  local mx = get(x)
  local items = mx and redis.call('HGET', K, 'i' .. x)
  if not items then return redis.error_reply('GAP in a conversation') end
  out[#out + 1] = items
  x = mx.p
end
return out
