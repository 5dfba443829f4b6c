CREATE TABLE dn$a$ (b$c int);
INSERT INTO dn$a$ VALUES (1);
CREATE VIEW dn$v AS SELECT b$c FROM dn$a$;
