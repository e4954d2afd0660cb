-- Texts that are looked up by their beginning are compared octet by octet, whatever the language of the database, so
-- that what begins alike is one range of an index. Their tables stay as they are; their indexes are made anew.
ALTER TABLE operation ALTER COLUMN external_reference TYPE TEXT COLLATE "C",
    ALTER COLUMN live_reference TYPE TEXT COLLATE "C";
ALTER TABLE document ALTER COLUMN external_reference TYPE TEXT COLLATE "C",
    ALTER COLUMN live_reference TYPE TEXT COLLATE "C", ALTER COLUMN name TYPE TEXT COLLATE "C";
ALTER TABLE message ALTER COLUMN address_folded TYPE TEXT COLLATE "C";

-- It reads no JSON with U+0000 in it.
UPDATE document SET format = CAST(settings AS JSON) ->> 'format',
    profile = CAST(settings AS JSON) ->> 'profile'
    WHERE POSITION('\u0000' IN settings) = 0;
