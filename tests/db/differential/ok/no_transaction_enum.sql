-- no-transaction
CREATE TYPE nte AS ENUM ('a');
ALTER TYPE nte ADD VALUE 'b';
CREATE TABLE nte_t (e nte DEFAULT 'a');
