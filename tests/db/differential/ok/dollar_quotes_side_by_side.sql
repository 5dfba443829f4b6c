CREATE TABLE dq (a text);
INSERT INTO dq VALUES ($$a;$$), ($x$b$$;$x$), ($x1$c $x$ ;$x1$), ($$$$), ($É$é;$É$);
