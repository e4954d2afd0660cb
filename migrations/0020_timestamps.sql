-- Time-stamp authorities of a client service, by their names in the configuration with commas between them;
-- NULL: all of them.
ALTER TABLE client_service ADD COLUMN timestamp_authorities TEXT;
-- Which is asked first: IN_ORDER (the first one that is named) or SHARED (each in its turn).
ALTER TABLE client_service ADD COLUMN timestamp_order TEXT NOT NULL DEFAULT 'IN_ORDER';
-- What an operation was postponed for: KEY or TIMESTAMP; NULL: for something else, or by an earlier release.
ALTER TABLE operation ADD COLUMN waits_for TEXT;
