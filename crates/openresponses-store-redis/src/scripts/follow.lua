-- start, limit in bytes, 1 if entries may be left. The id of the newest entry of a log, about how many bytes
-- are left, and then the id and the bytes of each entry from the start on, up to the limit: none of them if
-- they are more, unless some may be left. Nothing without a log.
local K = KEYS[1]
local newest = redis.call('XREVRANGE', K, '+', '-', 'COUNT', 1)[1]
if not newest then return false end
local out, start, bytes, left = { newest[1], 0 }, ARGV[1], 0, nil
while true do
  -- An entry has up to 64 KiB.
  local entries = redis.call('XRANGE', K, start, '+', 'COUNT', 4)
  for _, entry in ipairs(entries) do
    left = left or newest[2][4] - entry[2][4] + #entry[2][2]
    bytes = bytes + #entry[2][2]
    if bytes > tonumber(ARGV[2]) or #out > 1024 then
      if ARGV[3] ~= '1' then out = { newest[1] } end
      out[2] = left
      return out
    end
    left = newest[2][4] - entry[2][4]
    out[#out + 1] = entry[1]
    out[#out + 1] = entry[2][2]
  end
  if #entries < 4 then return out end
  local number, part = string.match(entries[4][1], '^(%d+)-(%d+)$')
  start = number .. '-' .. string.format('%.0f', part + 1)
end
