-- COPY t FROM stdin;
/* \. */ CREATE TABLE cc (a text DEFAULT 'COPY x FROM STDIN;');
