-- id, limit. The response, its items, its parent, 1 if abandoned, where the pieces of the response
-- and of its items are, and what `walk` says: with the items of ancestors if that all has at most so
-- many bytes.
local id = ARGV[1]
local m = get(id)
if not live(id, m) then return false end
local out = {
  redis.call('HGET', K, 'r' .. id), redis.call('HGET', K, 'i' .. id) or '', m.p or '',
  m.u and m.u <= now and 1 or 0,
  string.format('%.0f:%s:1:%.0f', m.r, m.n or '', m.a or 0), place(m), '',
}
out[7] = walk(out, m.p, m.s + m.r <= tonumber(ARGV[2]))
if not out[7] then return redis.error_reply('GAP in a conversation') end
return out
