CREATE TABLE "qn ;"" --" ("a;" int, "/*" int, U&"d\0061t" int);
CREATE INDEX "i;i" ON "qn ;"" --" ("a;");
