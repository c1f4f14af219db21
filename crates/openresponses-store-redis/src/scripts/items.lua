-- (response, start, end)*. The bytes of each item, or nothing where the response is gone.
local out = {}
for at = 1, #ARGV, 3 do
  local id = ARGV[at]
  local found = false
  if live(id, get(id)) then
    found = string.sub(redis.call('HGET', K, 'i' .. id), ARGV[at + 1] + 1, ARGV[at + 2])
  end
  out[#out + 1] = found
end
return out
