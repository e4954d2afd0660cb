-- Who has mails that are due, and the first of them: senders are shared out between client services.
CREATE INDEX message_due_of ON message (client_service_id, run_ms, id)
    WHERE run_ms IS NOT NULL AND channel = 'MAIL';
