-- 1 if it may create the log, 1 if it ends it, limit in bytes, time to live, (number, frame)*.
-- A stream, which starts with 0-1. The entry of event n is (n+1)-0 with its frame and the bytes up
-- to its end; the end of the log is (n+1)-2 after the last event n. 0 if there is no log.
local K = KEYS[1]
if redis.call('EXISTS', K) == 0 then
  if ARGV[1] == '0' then return 0 end
  redis.call('XADD', K, '0-1', 'f', '', 'b', '0')
end
local last, total = -1, 0
local newest = redis.call('XREVRANGE', K, '+', '-', 'COUNT', 1)[1]
if newest then
  last = tonumber(string.match(newest[1], '^%d+')) - 1
  total = tonumber(newest[2][4])
  if string.match(newest[1], '%d+$') == '2' then return 1 end
end
for at = 5, #ARGV, 2 do
  local number = tonumber(ARGV[at])
  if number > last then
    last = number
    total = total + #ARGV[at + 1] + 64
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
