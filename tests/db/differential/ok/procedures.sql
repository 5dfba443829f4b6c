CREATE PROCEDURE pc(a int) LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE pc_t (a int); INSERT INTO pc_t VALUES (a); END $$;
CALL pc(7);
