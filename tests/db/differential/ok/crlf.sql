CREATE TABLE cr (a text);
INSERT INTO cr VALUES ('line
line;');
-- comment
CREATE FUNCTION cr_f() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN ';';
END $$;
