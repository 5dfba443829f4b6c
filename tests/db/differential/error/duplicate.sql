-- 42P07
CREATE TABLE e1 (a int);
CREATE TABLE e1 (a int);
