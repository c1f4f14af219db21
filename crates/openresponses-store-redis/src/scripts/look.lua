-- bytes, (response, start, end)*. Two values for each: the bytes of the item, if the items of its response
-- are within what is left of the bytes, and where they are; nothing where it is gone.
local out, budget = {}, tonumber(ARGV[1])
local last, text, where
for at = 2, #ARGV, 3 do
  local id = ARGV[at]
  if id ~= last then
    local m = get(id)
    last, text, where = id, false, ''
    if live(id, m) then
      where = place(m)
      if not m.n and m.i <= budget then
        budget = budget - m.i
        text = redis.call('HGET', K, 'i' .. id)
      end
    end
  end
  out[#out + 1] = text and string.sub(text, ARGV[at + 1] + 1, ARGV[at + 2]) or ''
  out[#out + 1] = where
end
return out
