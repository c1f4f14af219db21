-- (field, start, end)*. Bytes of fields, or nothing where one is gone.
local out, last, text = {}, nil, false
for at = 1, #ARGV, 3 do
  if ARGV[at] ~= last then
    last = ARGV[at]
    text = redis.call('HGET', KEYS[1], last)
  end
  out[#out + 1] = text and string.sub(text, ARGV[at + 1] + 1, ARGV[at + 2])
end
return out
