-- 42601
CREATE TABLE e1 (a int);
CREATE TABEL e2 (a int);
