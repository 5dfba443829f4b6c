-- no-transaction
CREATE SCHEMA nts;
CREATE TABLE nts.t (a int);
CREATE TABLE nts_t (a int);
SET search_path = nts;
CREATE INDEX CONCURRENTLY nts_i ON t (a);
