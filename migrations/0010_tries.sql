-- Attempts at an operation that began since one last ended in an orderly way (finished, postponed, given
-- back). Above 1 a process ended in the midst of one: its documents are tried one by one then.
ALTER TABLE operation ADD COLUMN begun BIGINT NOT NULL DEFAULT 0;
-- How often a document was tried alone, counted before each try.
ALTER TABLE document ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
