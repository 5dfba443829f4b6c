CREATE FUNCTION pe(x int) RETURNS text LANGUAGE plpgsql AS $fn$
DECLARE
  c CURSOR FOR SELECT 1;
  r record;
BEGIN
  <<l>>
  FOR r IN SELECT 1 LOOP
    BEGIN
      PERFORM 1;
    EXCEPTION WHEN others THEN
      RAISE NOTICE 'it''s; %', SQLERRM;
    END;
    EXIT l WHEN x > 0;
  END LOOP l;
  RETURN CASE x WHEN 1 THEN $$one;$$ ELSE 'other' END;
END;
$fn$;
