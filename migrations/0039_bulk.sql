-- What is done to many operations, one after the other: exactly to what was counted.
CREATE TABLE bulk (
    id            BIGINT NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    filter        TEXT   NOT NULL,
    person_id     BIGINT NOT NULL, -- who counted it
    approved_by   BIGINT,
    created_ms    BIGINT NOT NULL,
    ended_ms      BIGINT,
    items         BIGINT NOT NULL,
    operations    BIGINT NOT NULL,
    done          BIGINT NOT NULL,
    refused       BIGINT NOT NULL,
    run_ms        BIGINT NOT NULL -- while it runs, the end of the lease of who does it
);
CREATE INDEX bulk_running ON bulk (run_ms) WHERE state = 'RUNNING';
CREATE INDEX bulk_listed ON bulk (created_ms, id);

-- One mail to be sent again, or one operation to be tried again. It is done in the transaction that says so here.
CREATE TABLE bulk_item (
    bulk_id           BIGINT NOT NULL REFERENCES bulk (id),
    number            BIGINT NOT NULL, -- from 1
    operation_id      BIGINT NOT NULL REFERENCES operation (id),
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    message_id        BIGINT, -- the mail
    state             TEXT   NOT NULL, -- WAITING, DONE or REFUSED
    words             TEXT,   -- why it is refused
    PRIMARY KEY (bulk_id, number)
);
CREATE INDEX bulk_item_waiting ON bulk_item (bulk_id, number) WHERE state = 'WAITING';
CREATE INDEX bulk_item_of ON bulk_item (bulk_id, client_service_id);
