-- Responses whose process has died are found without a reader. The name of the scope is there while
-- the response has a claim.
ALTER TABLE openresponses_turns ADD COLUMN scope_name BLOB;
CREATE INDEX openresponses_turns_held ON openresponses_turns (held_until) WHERE is_open = 1;
