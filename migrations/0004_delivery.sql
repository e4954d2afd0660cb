-- Delivery: who is told what, and how often it was tried. Times and types as in 0001.

-- The language in which receivers are written to when they have none of their own, and who answers
-- for a company (its alarms go there).
ALTER TABLE company ADD COLUMN language TEXT;
ALTER TABLE company ADD COLUMN email TEXT;
ALTER TABLE client_service ADD COLUMN language TEXT;

-- A fact that webhooks tell. Written in the transaction that makes it a fact, and only while the
-- client service has an endpoint. fanned: whether its messages have been made.
CREATE TABLE event (
    id                BIGINT NOT NULL PRIMARY KEY,
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    kind              TEXT   NOT NULL,
    operation_id      BIGINT REFERENCES operation (id),
    document_id       BIGINT REFERENCES document (id),
    message_id        BIGINT, -- the mail it tells about
    content           TEXT,   -- JSON: what cannot be looked up any more when the event is told
    created_ms        BIGINT NOT NULL,
    fanned            BIGINT NOT NULL
);
CREATE INDEX event_unfanned ON event (id) WHERE fanned = 0;
CREATE INDEX event_of ON event (client_service_id, id);

-- Where a client service wants its events. events: names with blanks between; empty for all.
CREATE TABLE webhook_endpoint (
    id                BIGINT NOT NULL PRIMARY KEY,
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    url               TEXT   NOT NULL,
    description       TEXT   NOT NULL,
    events            TEXT   NOT NULL,
    status            TEXT   NOT NULL,
    disabled_reason   TEXT,
    disabled_ms       BIGINT,
    failing_since_ms  BIGINT, -- the first failure after which nothing was accepted
    created_ms        BIGINT NOT NULL,
    removed_ms        BIGINT  -- removed endpoints stay for the log of their attempts
);
CREATE INDEX webhook_endpoint_of ON webhook_endpoint (client_service_id);

-- Live signing secrets of an endpoint, encrypted under the installation's key: at most two of a kind,
-- so that one can be rotated while the other works.
CREATE TABLE webhook_secret (
    id          BIGINT NOT NULL PRIMARY KEY,
    endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoint (id),
    kind        TEXT   NOT NULL, -- 'HMAC' or 'ED25519'
    sealed      BYTEA  NOT NULL,
    created_ms  BIGINT NOT NULL
);
CREATE INDEX webhook_secret_of ON webhook_secret (endpoint_id);

-- The outbox: one row is one message to one receiver, one Message-ID, one transaction with the other
-- side at a time. Written together with the fact it tells.
-- run_ms: not before this time; while leased, the end of the lease; NULL while the operation is not
-- finished, and when the message has ended.
-- leases is the fencing epoch: whoever took lease n may write only while leases = n.
-- tries counts the failed tries that say something about this receiver.
CREATE TABLE message (
    id                BIGINT NOT NULL PRIMARY KEY,
    channel           TEXT   NOT NULL, -- 'MAIL' or 'WEBHOOK'
    kind              TEXT   NOT NULL, -- 'NOTIFICATION', 'RESEND', 'ALARM', 'TEST', 'EVENT'
    client_service_id BIGINT REFERENCES client_service (id), -- NULL: the installation's own
    operation_id      BIGINT REFERENCES operation (id),
    position          BIGINT NOT NULL,
    address           TEXT,            -- of a mail
    address_folded    TEXT,
    language          TEXT,            -- of the receiver, when it is known
    attach            BIGINT NOT NULL, -- whether the documents are to be attached
    links_only        BIGINT NOT NULL, -- they turned out to be too large for the way
    endpoint_id       BIGINT REFERENCES webhook_endpoint (id),
    event_id          BIGINT REFERENCES event (id),
    content           TEXT,            -- JSON of what is in no other table
    alarm             TEXT,            -- name of the alarm it tells
    mail_id           TEXT,            -- Message-ID
    status            TEXT   NOT NULL,
    leases            BIGINT NOT NULL,
    tries             BIGINT NOT NULL,
    run_ms            BIGINT,
    created_ms        BIGINT NOT NULL,
    released_ms       BIGINT,          -- when it was due first
    ended_ms          BIGINT,
    last_reply        TEXT,
    link_expires_ms   BIGINT,
    link_revoked_ms   BIGINT,
    opened_ms         BIGINT,
    UNIQUE (endpoint_id, event_id)
);
CREATE INDEX message_due ON message (run_ms) WHERE run_ms IS NOT NULL;
CREATE INDEX message_of ON message (operation_id) WHERE operation_id IS NOT NULL;
CREATE INDEX message_alarm ON message (alarm) WHERE alarm IS NOT NULL;

-- Every try of a message, with the other side's words. ended_ms is NULL while it runs; a process that
-- was killed leaves it so, and the next lease closes it as interrupted.
CREATE TABLE attempt (
    message_id BIGINT NOT NULL REFERENCES message (id),
    number     BIGINT NOT NULL, -- the lease it was made under
    started_ms BIGINT NOT NULL,
    ended_ms   BIGINT,
    verdict    TEXT,
    ambiguous  BIGINT NOT NULL, -- the message may have arrived all the same
    phase      TEXT,
    reply      TEXT,
    PRIMARY KEY (message_id, number)
);

-- The mail server of a client service; without one the installation's is used. revision rises with
-- every change. The password is encrypted under the installation's key.
CREATE TABLE smtp_account (
    client_service_id  BIGINT NOT NULL PRIMARY KEY REFERENCES client_service (id),
    description        TEXT   NOT NULL,
    host               TEXT   NOT NULL,
    port               BIGINT NOT NULL,
    security           TEXT   NOT NULL,
    from_address       TEXT   NOT NULL,
    from_name          TEXT   NOT NULL,
    username           TEXT,
    password_sealed    BYTEA,
    connect_timeout_ms BIGINT NOT NULL,
    command_timeout_ms BIGINT NOT NULL,
    write_timeout_ms   BIGINT NOT NULL,
    revision           BIGINT NOT NULL,
    changed_ms         BIGINT NOT NULL
);

-- Letters of a client service, every version kept; the highest counts. language '' is for every
-- language that has none of its own. A version without a subject takes the letter back.
CREATE TABLE mail_template (
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    kind              TEXT   NOT NULL,
    language          TEXT   NOT NULL,
    version           BIGINT NOT NULL,
    subject           TEXT,
    body_text         TEXT,
    body_html         TEXT,
    note              TEXT   NOT NULL,
    created_ms        BIGINT NOT NULL,
    PRIMARY KEY (client_service_id, kind, language, version)
);

-- Sealed documents by day (days since 1970, UTC), counted in the transaction that seals them.
CREATE TABLE usage_day (
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    credential_id     BIGINT NOT NULL REFERENCES credential (id),
    day               BIGINT NOT NULL,
    sealed            BIGINT NOT NULL,
    PRIMARY KEY (client_service_id, credential_id, day)
);

-- What was sealed before there was a count. The day is that of the signing time, which is that of the
-- request; both databases cut the division of integers off.
INSERT INTO usage_day (client_service_id, credential_id, day, sealed)
SELECT operation.client_service_id, operation.credential_id,
       document.signing_time_ms / 86400000, COUNT(*)
FROM document JOIN operation ON operation.id = document.operation_id
WHERE document.state = 'SIGNED' AND document.signing_time_ms IS NOT NULL
GROUP BY operation.client_service_id, operation.credential_id,
         document.signing_time_ms / 86400000;

-- What a company has subscribed to: so many documents from one time until another. Told about, never
-- enforced.
CREATE TABLE usage_limit (
    company_id BIGINT NOT NULL PRIMARY KEY REFERENCES company (id),
    documents  BIGINT NOT NULL,
    from_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL
);

-- The authority's time-limited permission to use a credential.
CREATE TABLE access_grant (
    credential_id BIGINT NOT NULL PRIMARY KEY REFERENCES credential (id),
    granted_ms    BIGINT NOT NULL,
    expires_ms    BIGINT NOT NULL,
    signatures    BIGINT NOT NULL
);

-- What operators were told and when, so that they are told once for every step. cleared_ms: it is
-- over; the next time is a new one.
CREATE TABLE alarm (
    name       TEXT   NOT NULL PRIMARY KEY,
    content    TEXT   NOT NULL, -- JSON
    raised_ms  BIGINT NOT NULL,
    told_ms    BIGINT,
    cleared_ms BIGINT
);
