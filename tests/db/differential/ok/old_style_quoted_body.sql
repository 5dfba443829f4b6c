CREATE FUNCTION os() RETURNS int LANGUAGE plpgsql AS '
BEGIN
  -- it''s a body;
  RETURN 1;
END;
';
