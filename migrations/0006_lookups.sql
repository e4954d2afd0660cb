-- Indexes for what is looked up again and again.

-- A reference is looked up in one client service or, by the installation, in all of them.
DROP INDEX operation_reference;
CREATE INDEX operation_reference ON operation (external_reference, client_service_id);
DROP INDEX document_reference;
CREATE INDEX document_reference ON document (external_reference, client_service_id);

-- Events are sent again in the order they happened.
DROP INDEX event_of;
CREATE INDEX event_of ON event (client_service_id, created_ms, id);

-- Mails that a person has to look after.
CREATE INDEX message_troubled ON message (id) WHERE channel = 'MAIL'
    AND (status IN ('SENDING_ERROR', 'SENDING_FAILED')
         OR (status = 'PENDING' AND last_reply IS NOT NULL));

-- Whether a link is open that was made with this key.
CREATE INDEX message_link ON message (link_expires_ms)
    WHERE link_expires_ms IS NOT NULL AND link_revoked_ms IS NULL;

-- What names a document or an event is looked for when many of those are written at once.
CREATE INDEX event_of_document ON event (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX message_of_event ON message (event_id) WHERE event_id IS NOT NULL;

-- Documents sealed with a credential since a day.
CREATE INDEX usage_day_of_credential ON usage_day (credential_id, day);
