CREATE FUNCTION op_f(int, int) RETURNS int LANGUAGE sql AS 'select $1 - $2';
CREATE OPERATOR <-># (LEFTARG = int, RIGHTARG = int, FUNCTION = op_f);
CREATE TABLE op_t AS SELECT 5 <-># 3 AS a, 1 <-># -2 AS b;
