-- Sealed documents with preserveContent: true. Each is a leaf of an evidence record (RFC 4998): many documents share
-- their timestamps, and are a group.
CREATE TABLE preserved (
    document_id  BIGINT NOT NULL PRIMARY KEY REFERENCES document (id),
    sealed_ms    BIGINT NOT NULL, -- when the bytes came that are kept now
    until_ms     BIGINT NOT NULL, -- the end of custody
    sha256       BYTEA  NOT NULL, -- of these bytes
    group_id     BIGINT,          -- NULL: in none yet
    seal_ends_ms BIGINT,         -- when something ends that the last archive timestamp of its seal stands on
    seal_due_ms  BIGINT          -- when the next one is due
);
CREATE INDEX preserved_waiting ON preserved (sealed_ms, document_id) WHERE group_id IS NULL;
CREATE INDEX preserved_of ON preserved (group_id, document_id) WHERE group_id IS NOT NULL;
CREATE INDEX preserved_seal_due ON preserved (seal_due_ms, document_id) WHERE seal_due_ms IS NOT NULL;

-- Documents of earlier releases. A month has 31 days here: custody ends a little late, and never early.
INSERT INTO preserved (document_id, sealed_ms, until_ms, sha256)
SELECT document.id, COALESCE(operation.finished_ms, document.received_ms),
       document.received_ms + operation.custody_months * 2678400000, document.sealed_sha256
FROM document JOIN operation ON operation.id = document.operation_id
WHERE operation.preserve_content = 1 AND document.state = 'SIGNED';

-- Documents that share their timestamps: those of a day, or of some in which nothing could be done. A chain is of
-- timestamps with one digest algorithm (ArchiveTimeStampChain).
CREATE TABLE evidence_group (
    id         BIGINT NOT NULL PRIMARY KEY,
    created_ms BIGINT NOT NULL,
    before_ms  BIGINT NOT NULL, -- it is of documents that were sealed before
    until_ms   BIGINT NOT NULL, -- the latest end of custody of its documents
    documents  BIGINT NOT NULL,
    chain      BIGINT NOT NULL, -- the last chain that has a timestamp; 0: none
    stamps     BIGINT NOT NULL, -- timestamps of that chain
    ends_ms    BIGINT,          -- when something ends that the last timestamp stands on
    due_ms     BIGINT,          -- when the next one is due
    building   BIGINT NOT NULL, -- a chain that waits for its first timestamp; 0: none
    through_id BIGINT NOT NULL, -- its leaves are of documents up to this one
    gathered   BIGINT NOT NULL  -- whether these are all
);
CREATE INDEX evidence_group_building ON evidence_group (id) WHERE building > 0;
CREATE INDEX evidence_group_due ON evidence_group (due_ms);

CREATE TABLE evidence_chain (
    group_id BIGINT NOT NULL REFERENCES evidence_group (id),
    chain    BIGINT NOT NULL,
    digest   TEXT   NOT NULL,
    PRIMARY KEY (group_id, chain)
);

-- The digests that the tree of a chain is over. They stay when documents go: the records of others need them.
CREATE TABLE evidence_leaf (
    group_id BIGINT NOT NULL REFERENCES evidence_group (id),
    chain    BIGINT NOT NULL,
    digest   BYTEA  NOT NULL,
    PRIMARY KEY (group_id, chain, digest)
);

-- Trees over each 4,096 of these digests in their order: the first one and the root.
CREATE TABLE evidence_block (
    group_id BIGINT NOT NULL REFERENCES evidence_group (id),
    chain    BIGINT NOT NULL,
    block    BIGINT NOT NULL, -- from 0
    first    BYTEA  NOT NULL,
    root     BYTEA  NOT NULL,
    PRIMARY KEY (group_id, chain, block)
);

-- ArchiveTimeStamp in DER. That of number 1 has no reducedHashtree: each document has its own.
CREATE TABLE evidence_stamp (
    group_id   BIGINT NOT NULL REFERENCES evidence_group (id),
    chain      BIGINT NOT NULL,
    stamp      BIGINT NOT NULL, -- from 1
    der        BYTEA  NOT NULL,
    stamped_ms BIGINT NOT NULL,
    PRIMARY KEY (group_id, chain, stamp)
);

-- Who looks after preserved documents: one process at a time. The turn counts up; whoever has an earlier one writes
-- nothing more.
CREATE TABLE preservation_turn (
    id       BIGINT NOT NULL PRIMARY KEY,
    turn     BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);
INSERT INTO preservation_turn (id, turn, until_ms) VALUES (1, 0, 0);

-- What extends the preservation of another operation's documents (EXTEND_PRESERVATION) names it; custody_months is
-- how long they are kept from then on. extends_to: the level their seals are raised to; NULL: they stay as they are.
ALTER TABLE operation ADD COLUMN extends_id BIGINT;
ALTER TABLE operation ADD COLUMN extends_to TEXT;
