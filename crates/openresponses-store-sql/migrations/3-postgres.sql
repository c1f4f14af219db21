-- Limits of scopes: the bytes of a row's own response and items. expires is 0 without a response.
ALTER TABLE openresponses_turns ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE openresponses_turns SET expires = 0 WHERE head IS NULL;
UPDATE openresponses_turns SET bytes = length(items) + CASE WHEN head IS NULL THEN 0 ELSE length(head) END;
CREATE INDEX openresponses_turns_scope ON openresponses_turns (scope, expires, bytes);
