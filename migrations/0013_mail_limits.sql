-- How many mails a client service may have sent in 24 hours, 0 for any number; NULL: what the installation
-- allows.
ALTER TABLE client_service ADD COLUMN mails_per_day BIGINT;

-- Mails recorded for a client service, by hour and by domain of the receiver; the domain '' has all of them.
-- Only the last day is kept.
CREATE TABLE mail_count (
    client_service_id BIGINT NOT NULL REFERENCES client_service (id),
    domain            TEXT   NOT NULL,
    hour              BIGINT NOT NULL, -- whole hours since 1970
    mails             BIGINT NOT NULL,
    PRIMARY KEY (client_service_id, domain, hour)
);
CREATE INDEX mail_count_hour ON mail_count (client_service_id, hour);
