CREATE AGGREGATE ag (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE TABLE ag_t AS SELECT ag(n), (SELECT max(n) OVER () FROM generate_series(1, 2) n LIMIT 1) FROM generate_series(1, 3) n;
