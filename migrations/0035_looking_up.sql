-- What people look operations up by, and lists of them, newest first. Who sees some client services only looks at
-- indexes that begin with these: what others have is neither in the way nor noticed.

-- SHA-256 of a document as the client sent it; NULL: accepted by an earlier release.
ALTER TABLE document ADD COLUMN original_sha256 BYTEA;
CREATE INDEX document_original_sha256 ON document (original_sha256) WHERE original_sha256 IS NOT NULL;
CREATE INDEX document_sealed_sha256 ON document (sealed_sha256) WHERE sealed_sha256 IS NOT NULL;
CREATE INDEX document_name ON document (name, operation_id);
CREATE INDEX document_name_of ON document (client_service_id, name, operation_id);

-- Format and profile of its seal, which settings have too.
ALTER TABLE document ADD COLUMN format TEXT;
ALTER TABLE document ADD COLUMN profile TEXT;

-- References that nobody holds any more: the others of a client service are found by who holds them.
CREATE INDEX operation_freed ON operation (client_service_id, external_reference)
    WHERE live_reference IS NULL;
CREATE INDEX document_freed ON document (client_service_id, external_reference)
    WHERE live_reference IS NULL;

-- Lists. Documents are received when their operation is accepted.
CREATE INDEX operation_listed ON operation (accepted_ms, id);
CREATE INDEX operation_listed_of ON operation (client_service_id, accepted_ms, id);
CREATE INDEX operation_open ON operation (accepted_ms, id, client_service_id, state, draft, finished_ms)
    WHERE finished_ms IS NULL;
CREATE INDEX operation_failed ON operation (accepted_ms, id) WHERE state = 'EXECUTION_FAILED';
CREATE INDEX operation_failed_of ON operation (client_service_id, accepted_ms, id)
    WHERE state = 'EXECUTION_FAILED';
CREATE INDEX document_error ON document (error, received_ms, operation_id) WHERE error IS NOT NULL;
CREATE INDEX document_error_of ON document (client_service_id, error, received_ms, operation_id)
    WHERE error IS NOT NULL;
CREATE INDEX document_error_reason ON document (error_reason, received_ms, operation_id)
    WHERE error_reason IS NOT NULL;
CREATE INDEX document_error_reason_of
    ON document (client_service_id, error_reason, received_ms, operation_id)
    WHERE error_reason IS NOT NULL;

-- When the operation of a mail was accepted; no other message has one.
ALTER TABLE message ADD COLUMN accepted_ms BIGINT;
UPDATE message SET accepted_ms =
    (SELECT operation.accepted_ms FROM operation WHERE operation.id = message.operation_id)
    WHERE channel = 'MAIL' AND operation_id IS NOT NULL;
CREATE INDEX message_receiver ON message (address_folded, accepted_ms, operation_id)
    WHERE accepted_ms IS NOT NULL;
CREATE INDEX message_receiver_of
    ON message (client_service_id, address_folded, accepted_ms, operation_id)
    WHERE accepted_ms IS NOT NULL;
CREATE INDEX message_unsent ON message (status, accepted_ms, operation_id)
    WHERE accepted_ms IS NOT NULL AND status IN ('PENDING', 'SENDING_ERROR', 'SENDING_FAILED');
CREATE INDEX message_unsent_of ON message (client_service_id, status, accepted_ms, operation_id)
    WHERE accepted_ms IS NOT NULL AND status IN ('PENDING', 'SENDING_ERROR', 'SENDING_FAILED');

-- Mails that were given up, newest last.
CREATE INDEX message_given_up ON message (ended_ms, client_service_id)
    WHERE channel = 'MAIL' AND status = 'SENDING_FAILED';
