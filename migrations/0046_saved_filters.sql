-- Choices of operations that a person keeps under a name. Types as in 0001.

CREATE TABLE saved_filter (
    person_id BIGINT NOT NULL REFERENCES person (id),
    name      TEXT   NOT NULL,
    choice    TEXT   NOT NULL, -- as the query of an address says it
    saved_ms  BIGINT NOT NULL,
    PRIMARY KEY (person_id, name)
);
