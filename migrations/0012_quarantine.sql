-- Keys that answered with a signature value which their public half does not verify. No process uses one
-- until an operator releases it (chancery keys release).
CREATE TABLE quarantined_key (
    key_sha256 BYTEA  NOT NULL PRIMARY KEY, -- of the public half, SubjectPublicKeyInfo
    since_ms   BIGINT NOT NULL
);
