-- Turns that are kept for nothing: what a removal has left for later.
CREATE INDEX openresponses_turns_rest ON openresponses_turns (scope, id) WHERE head IS NULL AND kids = 0;
