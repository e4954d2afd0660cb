-- One row that is written to see whether writing works: how often it was.
CREATE TABLE probe (
    id    BIGINT NOT NULL PRIMARY KEY,
    times BIGINT NOT NULL
);
