CREATE TABLE lob (o oid);
INSERT INTO lob VALUES (4711);
SELECT lo_create(4711);
SELECT lo_unlink(4711);
