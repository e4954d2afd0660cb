-- Texts are compared octet by octet in SQLite, so that what begins alike is one range of an index.
UPDATE document SET format = json_extract(settings, '$.format'),
    profile = json_extract(settings, '$.profile') WHERE json_valid(settings);
