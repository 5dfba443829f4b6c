CREATE TABLE "täble 表" ("naïve;" text);
INSERT INTO "täble 表" VALUES ('😀;'), (E'\u00e9');
