CREATE SCHEMA ssp;
SET search_path = ssp, public;
CREATE TABLE t (a int);
CREATE INDEX ON t (a);
