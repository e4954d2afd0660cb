-- The first tables. One text for SQLite and PostgreSQL: TEXT, BIGINT (milliseconds since 1970, or
-- 0/1) and BYTEA only.

-- A company whose invoices are sealed.
CREATE TABLE company (
    id           BIGINT NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    vat_number   TEXT   NOT NULL,
    country_code TEXT   NOT NULL,
    status       TEXT   NOT NULL,
    created_ms   BIGINT NOT NULL,
    UNIQUE (country_code, vat_number)
);

-- A certificate chain and the back-end that holds its key. The key itself is never here: it is found
-- in the back-end by the public key of the first certificate.
CREATE TABLE credential (
    id         BIGINT NOT NULL PRIMARY KEY,
    alias      TEXT   NOT NULL UNIQUE,
    backend    TEXT   NOT NULL,
    chain_der  BYTEA  NOT NULL, -- DER certificates one after the other, signing certificate first
    status     TEXT   NOT NULL,
    created_ms BIGINT NOT NULL
);

-- A machine that calls us. The alias is its OAuth client_id.
CREATE TABLE client_service (
    id                  BIGINT NOT NULL PRIMARY KEY,
    alias               TEXT   NOT NULL UNIQUE,
    issuer_id           BIGINT NOT NULL REFERENCES company (id),
    credential_id       BIGINT REFERENCES credential (id),
    status              TEXT   NOT NULL,
    document_references TEXT   NOT NULL,
    created_ms          BIGINT NOT NULL
);

-- Live secrets of a client service: at most two, so that one can be rotated while the other works.
-- Secrets are 256 random bits, so a plain SHA-256 is what is kept.
CREATE TABLE client_secret (
    id                BIGINT NOT NULL PRIMARY KEY,
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    secret_sha256     BYTEA  NOT NULL,
    created_ms        BIGINT NOT NULL
);
CREATE INDEX client_secret_of ON client_secret (client_service_id);

-- One accepted request. live_reference holds the external reference as long as it is taken: it is
-- emptied when the operation ends without a sealed document, which frees the reference.
-- attempts is the fencing epoch: whoever began attempt n may write only while attempts = n.
CREATE TABLE operation (
    id                 BIGINT NOT NULL PRIMARY KEY,
    client_service_id  BIGINT NOT NULL REFERENCES client_service (id),
    external_reference TEXT   NOT NULL,
    live_reference     TEXT,
    fingerprint        BYTEA  NOT NULL, -- SHA-256 over the meaning of the request
    description        TEXT   NOT NULL,
    preserve_content   BIGINT NOT NULL,
    credential_id      BIGINT NOT NULL REFERENCES credential (id),
    state              TEXT   NOT NULL,
    accepted_ms        BIGINT NOT NULL,
    finished_ms        BIGINT,
    attempts           BIGINT NOT NULL,
    failures           BIGINT NOT NULL, -- attempts in a row that ended with an outside cause and no seal
    run_ms             BIGINT NOT NULL, -- not before this time; while leased, the end of the lease
    last_error         TEXT,
    UNIQUE (client_service_id, live_reference)
);
CREATE INDEX operation_reference ON operation (client_service_id, external_reference);
CREATE INDEX operation_unfinished ON operation (run_ms) WHERE finished_ms IS NULL;

-- One file inside an operation. live_reference as above, per document.
CREATE TABLE document (
    id                 BIGINT NOT NULL PRIMARY KEY,
    operation_id       BIGINT NOT NULL REFERENCES operation (id),
    client_service_id  BIGINT NOT NULL REFERENCES client_service (id),
    position           BIGINT NOT NULL,
    external_reference TEXT   NOT NULL,
    live_reference     TEXT,
    name               TEXT   NOT NULL,
    content_type       TEXT   NOT NULL,
    content_length     BIGINT NOT NULL,
    settings           TEXT   NOT NULL, -- JSON, see store/settings.rs
    received_ms        BIGINT NOT NULL,
    state              TEXT   NOT NULL,
    error              TEXT,
    error_reason       TEXT,
    error_detail       TEXT,
    signing_time_ms    BIGINT,
    sealed_sha256      BYTEA,
    sealed_length      BIGINT,
    UNIQUE (operation_id, position),
    UNIQUE (client_service_id, live_reference)
);
CREATE INDEX document_reference ON document (client_service_id, external_reference);

-- Bytes of a document: 'ORIGINAL' until it is sealed, 'SEALED' from then on (an enveloped seal
-- contains the original unchanged).
CREATE TABLE content (
    document_id BIGINT NOT NULL REFERENCES document (id),
    kind        TEXT   NOT NULL,
    bytes       BYTEA  NOT NULL,
    PRIMARY KEY (document_id, kind)
);

-- What we will sign, stored before a key is asked. Inserted once, never changed: after a crash the
-- same bytes are prepared again from the stored signing time and compared with the digest.
CREATE TABLE intent (
    document_id        BIGINT NOT NULL PRIMARY KEY REFERENCES document (id),
    certificate_sha256 BYTEA  NOT NULL,
    algorithm          TEXT   NOT NULL,
    signing_time_ms    BIGINT NOT NULL,
    digest             BYTEA  NOT NULL,
    recorded_ms        BIGINT NOT NULL
);
