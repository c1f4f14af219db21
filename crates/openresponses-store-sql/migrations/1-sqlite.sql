-- A turn: a response and the items that it adds to the conversation of its parent. head is the
-- response, NULL when it was deleted or has expired; the items stay while a continuation needs them.
CREATE TABLE openresponses_turns (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT,
    head TEXT,
    items BLOB NOT NULL,
    -- Bytes of the conversation.
    size BIGINT NOT NULL,
    -- Number of turns that continue this one.
    kids BIGINT NOT NULL,
    -- Milliseconds since 1970.
    expires BIGINT NOT NULL,
    -- 1 while the response is queued or in progress.
    is_open BIGINT NOT NULL,
    holder TEXT,
    held_until BIGINT,
    PRIMARY KEY (scope, id)
);
CREATE INDEX openresponses_turns_expires ON openresponses_turns (expires) WHERE head IS NOT NULL;

-- Where the items of live turns are: bytes of openresponses_turns.items.
CREATE TABLE openresponses_items (
    scope TEXT NOT NULL,
    item BLOB NOT NULL,
    turn TEXT NOT NULL,
    start BIGINT NOT NULL,
    length BIGINT NOT NULL,
    PRIMARY KEY (scope, item, turn)
);
CREATE INDEX openresponses_items_turn ON openresponses_items (scope, turn);

-- The logs of events, and their events.
CREATE TABLE openresponses_logs (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    -- The number of the first event that is kept, and of the next one to come.
    first BIGINT NOT NULL,
    next BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX openresponses_logs_expires ON openresponses_logs (expires);
CREATE TABLE openresponses_events (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    frame BLOB NOT NULL,
    PRIMARY KEY (scope, id, number)
);
