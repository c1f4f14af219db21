-- Removes a tree. The ids of its responses.
local K = KEYS[1]
local out = {}
for _, field in ipairs(redis.call('HKEYS', K)) do
  if string.sub(field, 1, 1) == 'r' then out[#out + 1] = string.sub(field, 2) end
end
redis.call('DEL', K)
return out
