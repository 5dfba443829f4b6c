-- no-transaction
CREATE TABLE ntv (a int);
VACUUM ntv;
ANALYZE ntv;
