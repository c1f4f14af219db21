-- id, holder, time. 1 if the claim was renewed.
local m = get(ARGV[1])
if not live(ARGV[1], m) or not m.o or m.h ~= ARGV[2] then return 0 end
m.u = now + ARGV[3]
put(ARGV[1], m)
return 1
