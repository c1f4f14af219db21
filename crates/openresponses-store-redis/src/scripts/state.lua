-- id. 0 if it is not there, 3 if it is finished, and for an unfinished one: 1 if its claim has lapsed, 2 if
-- that holds, 4 if there is none.
local m = get(ARGV[1])
if not live(ARGV[1], m) then return 0 end
if not m.o then return 3 end
if not m.u then return 4 end
return m.u <= now and 1 or 2
