/* a /* b; */ c; ' */ CREATE TABLE nc (a int); -- ' ;
/* /* /* */ */ ; */ INSERT INTO nc VALUES (1) /* ; */ ; /**/
--last