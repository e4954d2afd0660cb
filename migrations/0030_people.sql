-- People of the back office. Times and types as in 0001.
CREATE TABLE person (
    id             BIGINT NOT NULL PRIMARY KEY,
    address        TEXT   NOT NULL,
    address_folded TEXT   NOT NULL UNIQUE, -- two people do not share a mailbox
    name           TEXT   NOT NULL,
    language       TEXT   NOT NULL,
    theme          TEXT   NOT NULL,
    role           TEXT   NOT NULL,
    rights         TEXT   NOT NULL,
    status         TEXT   NOT NULL,
    created_ms     BIGINT NOT NULL
);

-- What people see who do not see everything.
CREATE TABLE person_company (
    person_id  BIGINT NOT NULL REFERENCES person (id),
    company_id BIGINT NOT NULL REFERENCES company (id),
    PRIMARY KEY (person_id, company_id)
);
CREATE TABLE person_client_service (
    person_id         BIGINT NOT NULL REFERENCES person (id),
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    PRIMARY KEY (person_id, client_service_id)
);

-- By what a person shows who it is: a password (Argon2id, in PHC form), the secret of an app (RFC 6238, sealed under
-- the installation's key), recovery codes (HMAC under a key derived from it). Further kinds are rows too.
CREATE TABLE person_credential (
    id         BIGINT NOT NULL PRIMARY KEY,
    person_id  BIGINT NOT NULL REFERENCES person (id),
    kind       TEXT   NOT NULL,
    value      BYTEA  NOT NULL,
    last_step  BIGINT NOT NULL, -- of an app: the last time step whose code was taken; no code is good twice
    created_ms BIGINT NOT NULL,
    used_ms    BIGINT           -- of a recovery code: it is spent
);
CREATE INDEX person_credential_of ON person_credential (person_id);

-- Links by which a person sets its password, once. Their codes are made with a key that is not in the database.
CREATE TABLE invitation (
    id         BIGINT NOT NULL PRIMARY KEY,
    person_id  BIGINT NOT NULL REFERENCES person (id),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms    BIGINT,
    revoked_ms BIGINT
);
CREATE INDEX invitation_of ON invitation (person_id);

-- Who is signed in. Of the token in the cookie only the hash is here.
CREATE TABLE person_session (
    id           BIGINT NOT NULL PRIMARY KEY,
    person_id    BIGINT NOT NULL REFERENCES person (id),
    token_sha256 BYTEA  NOT NULL UNIQUE,
    stage        TEXT   NOT NULL,
    created_ms   BIGINT NOT NULL,
    seen_ms      BIGINT NOT NULL,
    proved_ms    BIGINT NOT NULL,
    ends_ms      BIGINT NOT NULL,
    address      TEXT   NOT NULL,
    agent        TEXT   NOT NULL
);
CREATE INDEX person_session_of ON person_session (person_id);
CREATE INDEX person_session_ends ON person_session (ends_ms);

-- Who did what to whom. Rows are added in the transaction of the fact, and never changed or removed.
CREATE TABLE audit_entry (
    id        BIGINT NOT NULL PRIMARY KEY,
    at_ms     BIGINT NOT NULL,
    actor     TEXT   NOT NULL, -- 'PERSON', 'COMMAND', 'STRANGER'
    actor_id  BIGINT,          -- of a person
    action    TEXT   NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id), -- whom it is about
    detail    TEXT   NOT NULL,
    address   TEXT
);
CREATE INDEX audit_entry_of ON audit_entry (person_id, at_ms, id);
