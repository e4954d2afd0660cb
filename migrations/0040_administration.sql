-- What people change of client services, companies and credentials. Types as in 0001.

-- When a secret is good no more, once a newer one was made; NULL: until it is replaced.
ALTER TABLE client_secret ADD COLUMN ends_ms BIGINT;

-- What an entry is about beside the person who did it: 'client-service:1', 'company:1', 'credential:1'.
ALTER TABLE audit_entry ADD COLUMN subject TEXT;
CREATE INDEX audit_entry_about ON audit_entry (subject, at_ms, id) WHERE subject IS NOT NULL;
