-- What people change of client services, companies and credentials. Types as in 0001.

-- When a secret is good no more, once a newer one was made; NULL: until it is replaced.
ALTER TABLE client_secret ADD COLUMN ends_ms BIGINT;

-- What an entry is about beside the person who did it: 'client-service:1', 'company:1', 'credential:1'.
ALTER TABLE audit_entry ADD COLUMN subject TEXT;
CREATE INDEX audit_entry_about ON audit_entry (subject, at_ms, id) WHERE subject IS NOT NULL;

-- Renewed certificates that one person proposes and another one confirms. One at a time waits for a credential.
CREATE TABLE renewal (
    id            BIGINT NOT NULL PRIMARY KEY,
    credential_id BIGINT NOT NULL REFERENCES credential (id),
    alias         TEXT   NOT NULL, -- of the credential that it becomes
    chain_der     BYTEA  NOT NULL, -- as in credential
    state         TEXT   NOT NULL, -- 'OPEN', 'CONFIRMED', 'REFUSED'
    proposed_by   BIGINT NOT NULL REFERENCES person (id),
    proposed_ms   BIGINT NOT NULL,
    decided_by    BIGINT REFERENCES person (id),
    decided_ms    BIGINT
);
CREATE INDEX renewal_of ON renewal (credential_id, proposed_ms, id);
CREATE UNIQUE INDEX renewal_open ON renewal (credential_id) WHERE state = 'OPEN';
