-- What people did to operations, written in the transaction of the fact and never changed. Ids are drawn before, so
-- that what is asked for twice is done once. Who people are is told elsewhere.
CREATE TABLE act (
    id                BIGINT NOT NULL PRIMARY KEY,
    person_id         BIGINT NOT NULL,
    kind              TEXT   NOT NULL,
    operation_id      BIGINT REFERENCES operation (id),
    client_service_id BIGINT REFERENCES client_service (id),
    bulk_id           BIGINT,
    content           TEXT   NOT NULL, -- JSON
    at_ms             BIGINT NOT NULL
);
CREATE INDEX act_of_operation ON act (operation_id, at_ms) WHERE operation_id IS NOT NULL;
CREATE INDEX act_of_bulk ON act (bulk_id, at_ms) WHERE bulk_id IS NOT NULL;
