-- Access tokens that were granted before this are not taken: a secret was replaced at once, or the client
-- service or its issuer was suspended. NULL: all are.
ALTER TABLE client_service ADD COLUMN tokens_not_before_ms BIGINT;
