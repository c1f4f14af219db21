-- id, then for each limit: name, seconds, amount, most. Returns whether it was reserved, the time, and for
-- each limit its window, what is used and what is reserved. The fields of a limit are its name with :w, :u, :r;
-- p:ID is a reservation, scan the place where the search for lapsed ones goes on.
local key, id = KEYS[1], ARGV[1]
local now = tonumber(redis.call('TIME')[1])
local most_exact = 9007199254740991
local limits, free, longest = {}, true, 1
for at = 2, #ARGV, 4 do
    local name, seconds, amount = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local kept = redis.call('HMGET', key, name .. ':w', name .. ':u', name .. ':r')
    local window = math.floor(now / seconds)
    local limit = {
        name = name,
        window = tonumber(kept[1] or '-1'),
        used = tonumber(kept[2] or '0'),
        reserved = tonumber(kept[3] or '0'),
        most = ARGV[at + 3],
    }
    -- A clock that was set back does not bring back an earlier window.
    if limit.window < window then
        limit.window, limit.used, limit.reserved = window, 0, 0
    end
    if limit.used + limit.reserved >= amount then free = false end
    longest = math.max(longest, seconds)
    limits[#limits + 1] = limit
end
-- A repeated command finds its reservation.
local is_made = redis.call('HEXISTS', key, 'p:' .. id) == 1
if free and not is_made then
    local made = {}
    for _, limit in ipairs(limits) do
        limit.reserved = math.min(limit.reserved + tonumber(limit.most), most_exact)
        redis.call('HSET', key, limit.name .. ':w', limit.window, limit.name .. ':u', limit.used,
            limit.name .. ':r', limit.reserved)
        -- As texts, since numbers lose digits in JSON.
        made[#made + 1] = { limit.name, string.format('%d', limit.window), limit.most }
    end
    redis.call('HSET', key, 'p:' .. id, cjson.encode(made))
    -- Some of those whose process died before it settled them.
    local scan = redis.call('HSCAN', key, redis.call('HGET', key, 'scan') or '0', 'MATCH', 'p:*', 'COUNT', 8)
    for at = 1, #scan[2], 2 do
        local is_over = true
        for _, limit in ipairs(cjson.decode(scan[2][at + 1])) do
            local seconds = tonumber(string.match(limit[1], '%d+$'))
            if (tonumber(limit[2]) + 1) * seconds > now then is_over = false end
        end
        if is_over then redis.call('HDEL', key, scan[2][at]) end
    end
    redis.call('HSET', key, 'scan', scan[1])
    redis.call('PEXPIRE', key, 2000 * longest)
end
local reply = { (free or is_made) and 1 or 0, now }
for _, limit in ipairs(limits) do
    reply[#reply + 1] = limit.window
    reply[#reply + 1] = limit.used
    reply[#reply + 1] = limit.reserved
end
return reply
