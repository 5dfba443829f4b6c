SET LOCAL search_path = pg_catalog;
CREATE TABLE public.sl (a int);
