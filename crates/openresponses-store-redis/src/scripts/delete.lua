-- id. 1 if there was a response, and 2 more if a part of what was kept for it is left for `prune.lua`.
local id = ARGV[1]
local m = get(id)
local was = live(id, m) and 1 or 0
if m then hide(id, m) end
return was + (drop(id) and 2 or 0)
