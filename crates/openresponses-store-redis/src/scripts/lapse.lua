-- id. 1 if the claim on an unfinished response has lapsed, 2 if it holds, 0 if there is none.
local m = get(ARGV[1])
if not live(ARGV[1], m) or not m.o or not m.u then return 0 end
return m.u <= now and 1 or 2
