CREATE TEMP TABLE tt (a int);
CREATE TABLE ttt_copy AS SELECT count(*) AS n FROM tt;
DROP TABLE tt;
