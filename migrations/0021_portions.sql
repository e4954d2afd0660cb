-- Bytes of documents that are put down ahead of the transaction that says whose they are, so that none is
-- long because documents are large or many. A parcel is what was put down together, its pieces in order.
CREATE TABLE piece (
    parcel_id BIGINT NOT NULL,
    number    BIGINT NOT NULL, -- from 1
    bytes     BYTEA  NOT NULL,
    PRIMARY KEY (parcel_id, number)
);

-- Which pieces make up a content, in place of its bytes; NULL where it has these itself.
ALTER TABLE content ADD COLUMN parcel_id BIGINT;
ALTER TABLE content ADD COLUMN first_piece BIGINT;
ALTER TABLE content ADD COLUMN last_piece BIGINT;

-- Pieces that are no content's: not yet, until somebody's time for it is over, or not any more (0). What is
-- 0 nobody ever refers to again, and it is swept.
CREATE TABLE loose (
    parcel_id   BIGINT NOT NULL,
    first_piece BIGINT NOT NULL,
    last_piece  BIGINT NOT NULL,
    until_ms    BIGINT NOT NULL,
    PRIMARY KEY (parcel_id, first_piece)
);
CREATE INDEX loose_until ON loose (until_ms, parcel_id, first_piece);

-- Whether an operation is not recorded as a whole: nobody sees it and nobody executes it. It becomes one with its
-- last transaction; when its lease is over before that, it is given up: finished, without documents.
ALTER TABLE operation ADD COLUMN draft BIGINT NOT NULL DEFAULT 0;
