-- Which process began the newest attempt. One that takes an operation up again because its own lease ran
-- out (the database was slow) did not end: that attempt counts for nothing against the documents.
ALTER TABLE operation ADD COLUMN process_id BIGINT NOT NULL DEFAULT 0;
