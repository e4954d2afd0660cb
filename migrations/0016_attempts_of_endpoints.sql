-- Which endpoint a try was made at, NULL for mails: the log of an endpoint is read from its newest try on,
-- however many messages it has had.
ALTER TABLE attempt ADD COLUMN endpoint_id BIGINT;
UPDATE attempt SET endpoint_id =
    (SELECT message.endpoint_id FROM message WHERE message.id = attempt.message_id);
CREATE INDEX attempt_of_endpoint ON attempt (endpoint_id, started_ms, message_id, number)
    WHERE endpoint_id IS NOT NULL;
