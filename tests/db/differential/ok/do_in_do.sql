DO $a$ BEGIN EXECUTE 'DO $b$ BEGIN CREATE TABLE did (a int); END $b$;'; END $a$;
