CREATE TABLE js (a text);
INSERT INTO js VALUES ('a;'
  'b;'
'c'), (E'x'
'\n;');
COMMENT ON TABLE js IS 'one'
 -- between;
 'two';
