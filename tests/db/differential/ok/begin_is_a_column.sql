CREATE TABLE bc (begin int, atomic int);
INSERT INTO bc (begin, atomic) VALUES (1, 2);
UPDATE bc SET begin = begin + 1;
