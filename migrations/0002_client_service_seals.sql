-- How the documents of a client service are sealed when a request says nothing else.
ALTER TABLE client_service ADD COLUMN profile TEXT; -- name of a profile; NULL: the service's own default
ALTER TABLE client_service ADD COLUMN allow_sha1 BIGINT NOT NULL DEFAULT 0; -- 0/1
ALTER TABLE client_service ADD COLUMN lint TEXT NOT NULL DEFAULT 'NONE'; -- NONE, BASIC or SCHEMA
