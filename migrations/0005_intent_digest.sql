-- What made the digest of an intent. Its own column, as not every signature algorithm names a digest
-- (ML-DSA signs messages). NULL in rows of earlier releases: the one that the algorithm names.
ALTER TABLE intent ADD COLUMN digest_algorithm TEXT;
