-- What the key and a time-stamp authority gave for documents that wait for their validation data (levels LT and
-- LTA), so that neither is asked again for them: the signature value over the digest of the intent, and the token
-- over that value; NULL when the token turned out to be of no use. Nobody is ever shown it; it goes with the end of
-- the operation.
CREATE TABLE kept_value (
    document_id BIGINT NOT NULL PRIMARY KEY REFERENCES document (id),
    value       BYTEA  NOT NULL,
    token       BYTEA
);
