-- The level of the seals of a client service when a request names none: B, T, LT or LTA.
ALTER TABLE client_service ADD COLUMN level TEXT NOT NULL DEFAULT 'B';
