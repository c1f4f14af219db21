-- id, holder, time, time to live. 1 if the claim was renewed. What a process works on does not expire.
local id = ARGV[1]
local m = get(id)
if not live(id, m) or not m.o or m.h ~= ARGV[2] then return 0 end
m.u = now + ARGV[3]
if m.e - now < ARGV[4] / 2 then
  m.e = now + ARGV[4]
  redis.call('HDEL', K, 'q' .. m.q)
  m.q = redis.call('HINCRBY', K, '#t', 1)
  redis.call('HSET', K, 'q' .. m.q, id)
  if redis.call('PTTL', K) < tonumber(ARGV[4]) then redis.call('PEXPIRE', K, ARGV[4]) end
end
put(id, m)
return 1
