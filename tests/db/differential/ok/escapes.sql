CREATE TABLE es (a text);
INSERT INTO es VALUES (E'\';--'), (e'\\'), ('\'), (E'a''b\'c;'), (U&'\0061;' ), (U&'!0062;' UESCAPE '!'), (n'x;'), (B'101'::text), (X'1F'::text);
