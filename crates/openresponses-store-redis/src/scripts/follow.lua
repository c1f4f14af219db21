-- start, most events. The id of the oldest event, then (id, frame)*; nothing without a log.
local K = KEYS[1]
local oldest = redis.call('XRANGE', K, '-', '+', 'COUNT', 1)[1]
if not oldest then return false end
local out = { oldest[1] }
local bytes = 0
for _, entry in ipairs(redis.call('XRANGE', K, ARGV[1], '+', 'COUNT', ARGV[2])) do
  out[#out + 1] = entry[1]
  out[#out + 1] = entry[2][2]
  bytes = bytes + #entry[2][2]
  if bytes > 262144 then break end
end
if #out == 1 then
  -- A position beyond the end.
  local newest = redis.call('XREVRANGE', K, '+', '-', 'COUNT', 1)[1]
  if string.match(newest[1], '%d+$') == '2' then
    out[2] = newest[1]
    out[3] = ''
  end
end
return out
