-- Events that nobody was told yet are told in the order in which they happened, some at a time.
DROP INDEX event_unfanned;
CREATE INDEX event_unfanned ON event (created_ms, id) WHERE fanned = 0;
