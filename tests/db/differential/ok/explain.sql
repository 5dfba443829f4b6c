CREATE TABLE ex (a int);
EXPLAIN (COSTS OFF) SELECT * FROM ex;
SHOW search_path;
