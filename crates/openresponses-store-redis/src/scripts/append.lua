-- 1 if it may create the log, 1 if it ends it, limit in bytes, time to live, the first number of the
-- attempt, what an event takes beside its frame, (number, part, bytes)*.
-- A stream, which starts with F-1 at the first number F. The pieces of event n have the ids (n+1)-P,
-- where the parts P are 2, 4, 6 .. and one more for the last piece, each with its bytes and the
-- bytes up to its end; the end of the log is (n+1)-4294967295 after the last event n. 0 if there is
-- no log of the attempt, or it has ended before an event.
local K = KEYS[1]
local begin = tonumber(ARGV[5])
local place, part, total = begin, 1, 0
local newest = redis.call('XREVRANGE', K, '+', '-', 'COUNT', 1)[1]
if newest then
  local p, s = string.match(newest[1], '^(%d+)-(%d+)$')
  p, s = tonumber(p), tonumber(s)
  if p - p % 16777216 ~= begin then
    if ARGV[1] == '0' or p > begin then return 0 end
    redis.call('DEL', K)
    newest = nil
  else
    if s == 4294967295 then return #ARGV > 6 and ARGV[#ARGV - 2] + 1 > p and 0 or 1 end
    place, part, total = p, s, tonumber(newest[2][4])
  end
end
local function add(p, s, bytes)
  place, part = p, s
  redis.call('XADD', K, string.format('%.0f-%.0f', p, s), 'f', bytes, 'b', string.format('%.0f', total))
end
if not newest then
  if ARGV[1] == '0' then return 0 end
  add(begin, 1, '')
end
for at = 7, #ARGV, 3 do
  local p, s = ARGV[at] + 1, tonumber(ARGV[at + 1])
  if p > place or (p == place and s > part) then
    total = total + #ARGV[at + 2] + tonumber(ARGV[6])
    add(p, s, ARGV[at + 2])
  end
end
if ARGV[2] == '1' then add(place, 4294967295, '') end
while true do
  local oldest = redis.call('XRANGE', K, '-', '+', 'COUNT', 1)[1]
  if not oldest or total - tonumber(oldest[2][4]) <= tonumber(ARGV[3]) then break end
  redis.call('XDEL', K, oldest[1])
end
redis.call('PEXPIRE', K, ARGV[4])
return 1
