-- Appends to `out` two values for each ancestor from `x` on, the nearest first: its items, if they
-- are wanted, and where they are with its id. Returns the one at which another call goes on.
local function walk(out, x, wanted)
  for _ = 1, 1024 do
    if not x then return '' end
    local m = get(x)
    if not m then return false end
    local text = wanted and not m.n and redis.call('HGET', K, 'i' .. x)
    out[#out + 1] = text or ''
    out[#out + 1] = place(m) .. ':' .. x
    x = m.p
  end
  return x or ''
end
