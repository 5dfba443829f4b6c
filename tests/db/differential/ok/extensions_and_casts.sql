CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE TABLE ec AS SELECT encode(digest('a;', 'sha256'), 'hex') AS h, '{"a":";"}'::jsonb AS j;
