-- id. What `walk` says of it and its ancestors; nothing if it is gone.
local out = { '' }
out[1] = walk(out, ARGV[1], false)
return out[1] and out
