SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
CREATE TABLE st AS SELECT current_setting('transaction_isolation') AS level;
