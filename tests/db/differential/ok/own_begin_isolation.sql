BEGIN ISOLATION LEVEL SERIALIZABLE;
CREATE TABLE obi AS SELECT current_setting('transaction_isolation') AS level;
COMMIT;
