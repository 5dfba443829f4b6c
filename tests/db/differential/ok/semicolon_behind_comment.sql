CREATE TABLE sbc (a int) -- no; semicolon here
;
