CREATE TABLE pr (a int);
PREPARE pr_p (int) AS INSERT INTO pr VALUES ($1);
EXECUTE pr_p (1);
EXECUTE pr_p (2);
DEALLOCATE pr_p;
