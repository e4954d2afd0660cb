-- Letters and mail servers that people set on pages. Types as in 0001.

-- Who set a version; NULL: the command line.
ALTER TABLE mail_template ADD COLUMN person_id BIGINT REFERENCES person (id);

-- Whether only addresses of the public internet are connected to: 1 when who set it does not manage the installation.
ALTER TABLE smtp_account ADD COLUMN public_only BIGINT NOT NULL DEFAULT 0;
