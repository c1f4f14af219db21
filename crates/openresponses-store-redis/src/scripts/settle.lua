-- id, then for each limit: name, used. 1 if there was such a reservation.
local key, id = KEYS[1], ARGV[1]
local made = redis.call('HGET', key, 'p:' .. id)
-- A repeated command, or one after the end of the longest window.
if not made then return 0 end
redis.call('HDEL', key, 'p:' .. id)
local used = {}
for at = 2, #ARGV, 2 do used[ARGV[at]] = tonumber(ARGV[at + 1]) end
for _, limit in ipairs(cjson.decode(made)) do
    local name, window, most = limit[1], limit[2], tonumber(limit[3])
    -- A call counts in the window in which it began.
    if redis.call('HGET', key, name .. ':w') == window then
        local reserved = tonumber(redis.call('HGET', key, name .. ':r')) - most
        local total = tonumber(redis.call('HGET', key, name .. ':u')) + (used[name] or 0)
        redis.call('HSET', key, name .. ':r', math.max(reserved, 0),
            name .. ':u', math.min(total, 9007199254740991))
    end
end
return 1
