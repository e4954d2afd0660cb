-- From which corner of the page the visible signatures of a client service are placed when a request does
-- not say: TOP_LEFT, as with Sign'Stash, or BOTTOM_LEFT, as before there was a choice. Those that were there
-- before keep their places.
ALTER TABLE client_service ADD COLUMN coordinate_origin TEXT NOT NULL DEFAULT 'BOTTOM_LEFT';
