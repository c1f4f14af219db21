-- id. 1 if there was a response.
local id = ARGV[1]
local was = live(id, get(id)) and 1 or 0
hide(id)
drop(id)
return was
