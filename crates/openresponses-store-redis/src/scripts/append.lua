-- 1 if it may create the log, 1 if it ends it, limit in bytes, time to live, the first number of the
-- attempt, what an event takes beside its frame, (number, frame)*.
-- A stream, which starts with F-1 at the first number F. The entry of event n is (n+1)-0 with its frame
-- and the bytes up to its end; the end of the log is (n+1)-2 after the last event n. 0 if there is no
-- log of the attempt, or it has ended before an event.
local K = KEYS[1]
local begin = tonumber(ARGV[5])
local last, total = begin - 1, 0
local newest = redis.call('XREVRANGE', K, '+', '-', 'COUNT', 1)[1]
local place = newest and tonumber(string.match(newest[1], '^%d+'))
if newest and place - place % 16777216 ~= begin then
  if ARGV[1] == '0' or place > begin then return 0 end
  redis.call('DEL', K)
  newest = nil
end
if newest then
  last = place - 1
  total = tonumber(newest[2][4])
  if string.match(newest[1], '%d+$') == '2' then
    return #ARGV > 6 and tonumber(ARGV[#ARGV - 1]) > last and 0 or 1
  end
else
  if ARGV[1] == '0' then return 0 end
  redis.call('XADD', K, string.format('%.0f-1', begin), 'f', '', 'b', '0')
end
for at = 7, #ARGV, 2 do
  local number = tonumber(ARGV[at])
  if number > last then
    last = number
    total = total + #ARGV[at + 1] + tonumber(ARGV[6])
    redis.call('XADD', K, string.format('%.0f-0', number + 1), 'f', ARGV[at + 1], 'b', string.format('%.0f', total))
  end
end
if ARGV[2] == '1' then
  redis.call('XADD', K, string.format('%.0f-2', last + 1), 'f', '', 'b', string.format('%.0f', total))
end
while true do
  local oldest = redis.call('XRANGE', K, '-', '+', 'COUNT', 1)[1]
  if not oldest or total - tonumber(oldest[2][4]) <= tonumber(ARGV[3]) then break end
  redis.call('XDEL', K, oldest[1])
end
redis.call('PEXPIRE', K, ARGV[4])
return 1
