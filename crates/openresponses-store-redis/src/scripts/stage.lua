-- name, number of the piece, bytes, id, number of all pieces, time. Keeps a piece for a write that
-- comes next; a later write removes it if that does not come in time. In a cluster any piece may be the
-- first to arrive.
local staged, is_listed = list('#s'), false
for _, one in ipairs(staged) do
  if one[1] == ARGV[1] then is_listed = true end
end
if not is_listed then
  staged[#staged + 1] = { ARGV[1], now + ARGV[6], ARGV[4], tonumber(ARGV[5]) }
  keep('#s', staged)
end
redis.call('HSET', K, 'c' .. ARGV[1] .. ':' .. ARGV[2], ARGV[3])
if redis.call('PTTL', K) < 0 then redis.call('PEXPIRE', K, ARGV[6]) end
return 1
