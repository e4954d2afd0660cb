-- Whether an operation waits for its next try, and not for the end of a lease: run_ms alone does not tell.
-- What waits is due at once when its key signs again.
ALTER TABLE operation ADD COLUMN postponed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX operation_postponed ON operation (credential_id) WHERE finished_ms IS NULL AND postponed = 1;
