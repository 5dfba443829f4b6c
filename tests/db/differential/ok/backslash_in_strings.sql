CREATE TABLE bs (a text);
INSERT INTO bs VALUES ('\d;'), ($$\copy x$$), ('\
\.
');
