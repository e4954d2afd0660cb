-- First certificates for a key that one person proposes and another one confirms. Types as in 0001. A name waits once.
CREATE TABLE credential_import (
    id          BIGINT NOT NULL PRIMARY KEY, -- of the credential that it becomes
    alias       TEXT   NOT NULL,             -- as well
    backend     TEXT   NOT NULL,             -- where the key is
    chain_der   BYTEA  NOT NULL,             -- as in credential
    state       TEXT   NOT NULL,             -- 'OPEN', 'CONFIRMED', 'REFUSED'
    proposed_by BIGINT NOT NULL REFERENCES person (id),
    proposed_ms BIGINT NOT NULL,
    decided_by  BIGINT REFERENCES person (id),
    decided_ms  BIGINT
);
CREATE UNIQUE INDEX credential_import_open ON credential_import (alias) WHERE state = 'OPEN';
