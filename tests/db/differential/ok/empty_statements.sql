;;
 ; /* ; */ ;
CREATE TABLE em (a int);;
;;