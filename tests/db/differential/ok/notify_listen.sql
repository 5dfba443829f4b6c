LISTEN nl;
NOTIFY nl, 'x;';
UNLISTEN nl;
CREATE TABLE nl (a int);
