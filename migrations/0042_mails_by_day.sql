-- Mails of a client service that ended on a day (UTC), counted in the transaction in which they end: sent, and given up. A
-- table of its own, so that who seals and who sends do not wait for each other.
CREATE TABLE mail_day (
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    day               BIGINT NOT NULL,
    sent              BIGINT NOT NULL,
    failed            BIGINT NOT NULL,
    PRIMARY KEY (client_service_id, day)
);
CREATE INDEX mail_day_by_day ON mail_day (day, client_service_id);

-- What ended before there was a count. Both databases cut the division of integers off.
INSERT INTO mail_day (client_service_id, day, sent, failed)
SELECT client_service_id, ended_ms / 86400000,
       COUNT(CASE WHEN status IN ('SENT', 'RECEIVED') THEN 1 END),
       COUNT(CASE WHEN status = 'SENDING_FAILED' THEN 1 END)
FROM message
WHERE channel = 'MAIL' AND client_service_id IS NOT NULL AND ended_ms IS NOT NULL AND leases > 0
GROUP BY client_service_id, ended_ms / 86400000;
