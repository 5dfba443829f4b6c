CREATE TABLE lj AS SELECT x.a, y.b FROM (VALUES (1)) x(a), LATERAL (SELECT a + 1 AS b) y;
CREATE INDEX ON lj ((a + b));
