CREATE TYPE en AS ENUM ('a', 'b;');
ALTER TYPE en ADD VALUE 'c''s' AFTER 'a';
CREATE TABLE en_t (e en DEFAULT 'a');
