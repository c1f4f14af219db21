-- name, number of the piece, bytes, id, number of all pieces, time. Keeps a piece for a write that
-- comes next; a later write removes it if that does not come in time.
if ARGV[2] == '1' then
  local staged = list('#s')
  staged[#staged + 1] = { ARGV[1], now + ARGV[6], ARGV[4], tonumber(ARGV[5]) }
  keep('#s', staged)
end
redis.call('HSET', K, 'c' .. ARGV[1] .. ':' .. ARGV[2], ARGV[3])
if redis.call('PTTL', K) < 0 then redis.call('PEXPIRE', K, ARGV[6]) end
return 1
