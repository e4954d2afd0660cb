-- The audit record as a chain: each entry has its place, from 1, and a hash over what it says and the hash before it.
-- Entries of before have neither until they are chained, which is done once; whatever else has none does not belong
-- to the chain.
ALTER TABLE audit_entry ADD COLUMN place BIGINT;
ALTER TABLE audit_entry ADD COLUMN hash BYTEA;
CREATE UNIQUE INDEX audit_entry_place ON audit_entry (place) WHERE place IS NOT NULL;
CREATE INDEX audit_entry_unchained ON audit_entry (at_ms, id) WHERE place IS NULL;

-- One row: where the chain ends. Who adds an entry holds it until the end of the transaction, so that there is one order
-- whoever writes.
CREATE TABLE audit_head (
    id      BIGINT NOT NULL PRIMARY KEY,
    place   BIGINT NOT NULL, -- of the last entry; 0: there is none
    hash    BYTEA,
    adopted BIGINT NOT NULL  -- 1: what was there before is chained
);
INSERT INTO audit_head (id, place, adopted) VALUES (1, 0, 0);

-- The record is read newest first, as a whole, by who did it, and by what was done.
CREATE INDEX audit_entry_newest ON audit_entry (at_ms, id);
CREATE INDEX audit_entry_by ON audit_entry (actor_id, at_ms, id);
CREATE INDEX audit_entry_kind ON audit_entry (actor, at_ms, id);
CREATE INDEX audit_entry_what ON audit_entry (action, at_ms, id);
