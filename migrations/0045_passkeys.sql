-- Passkeys (WebAuthn) are rows of person_credential: `value` is what was registered, `last_step` the counter of the last
-- signature. Times and types as in 0001.
ALTER TABLE person_credential ADD COLUMN handle BYTEA;  -- of a passkey: the identifier by which it comes back
ALTER TABLE person_credential ADD COLUMN name TEXT;     -- of a passkey: what its owner calls it
ALTER TABLE person_credential ADD COLUMN seen_ms BIGINT; -- of a passkey: when it was used last
CREATE UNIQUE INDEX person_credential_handle ON person_credential (handle);

-- Challenges of sign-ins that were answered rightly: none is answered twice. Only what is answered is here, so that
-- strangers write nothing; a row is needed until its challenge would have ended anyway.
CREATE TABLE spent_challenge (
    challenge_sha256 BYTEA  NOT NULL PRIMARY KEY,
    ends_ms          BIGINT NOT NULL
);
CREATE INDEX spent_challenge_ends ON spent_challenge (ends_ms);
