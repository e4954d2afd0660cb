-- How the documents of an operation are kept: months from their reception. Whether their integrity is
-- promised is preserve_content.
ALTER TABLE operation ADD COLUMN custody_months BIGINT NOT NULL DEFAULT 120;
-- What becomes of wishes for timestamps: REFUSE or OMIT (sealed without, with a warning).
ALTER TABLE client_service ADD COLUMN timestamps TEXT NOT NULL DEFAULT 'REFUSE';
