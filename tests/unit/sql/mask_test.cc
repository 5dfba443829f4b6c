#include "sql/mask.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace dunlin::sql {
namespace {

struct Masked {
  std::string_view sql;
  std::string_view shown;
};

constexpr Masked kMasked[] = {
    {"ALTER ROLE x PASSWORD 'hunter2'", "ALTER ROLE x PASSWORD '***'"},
    {"create role x with encrypted password'it''s' login", "create role x with encrypted password'***' login"},
    {"ALTER ROLE x PASSWORD E'a\\'b' VALID UNTIL 'x'", "ALTER ROLE x PASSWORD E'***' VALID UNTIL 'x'"},
    {"ALTER ROLE x PASSWORD $$a'b$$", "ALTER ROLE x PASSWORD $$***$$"},
    {"ALTER ROLE x PASSWORD $p$a$p$ LOGIN", "ALTER ROLE x PASSWORD $p$***$p$ LOGIN"},
    {"ALTER ROLE x PASSWORD U&'\\0061'", "ALTER ROLE x PASSWORD U&'***'"},
    {"ALTER ROLE x PASSWORD 'unterminated", "ALTER ROLE x PASSWORD '***"},
    {"DO $$ BEGIN EXECUTE 'ALTER ROLE x PASSWORD ''hunter2'' LOGIN'; END $$",
     "DO $$ BEGIN EXECUTE 'ALTER ROLE x PASSWORD ''***'' LOGIN'; END $$"},
    {"CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password 'p')",
     "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password '***')"},
    {"CREATE SUBSCRIPTION s CONNECTION 'host=h password=p user=u' PUBLICATION x",
     "CREATE SUBSCRIPTION s CONNECTION 'host=h password=*** user=u' PUBLICATION x"},
    {"SELECT dblink('sslpassword=p password=''q r'' host=h')",
     "SELECT dblink('sslpassword=*** password=''***'' host=h')"},
    {"SELECT dblink('postgres://u:p@ss@h:5432/d?password=q&x=y')",
     "SELECT dblink('postgres://u:***@h:5432/d?password=***&x=y')"},
    {"-- see https://u:p@h/x\nSELECT 1", "-- see https://u:***@h/x\nSELECT 1"},
    {"CREATE USER u IDENTIFIED BY 'p'", "CREATE USER u IDENTIFIED BY '***'"},
    {"CREATE USER u IDENTIFIED BY PASSWORD '*AB'", "CREATE USER u IDENTIFIED BY PASSWORD '***'"},
    {"CREATE USER u IDENTIFIED WITH 'caching_sha2_password' BY \"p\"",
     "CREATE USER u IDENTIFIED WITH 'caching_sha2_password' BY \"***\""},
    {"ALTER USER u IDENTIFIED WITH mysql_native_password AS 'hash'",
     "ALTER USER u IDENTIFIED WITH mysql_native_password AS '***'"},
    {"SET PASSWORD FOR 'u'@'h' = 'p'", "SET PASSWORD FOR 'u'@'h' = '***'"},
    {"SET PASSWORD = PASSWORD('p')", "SET PASSWORD = PASSWORD('***')"},
    {"UPDATE users SET password = 'p', name = 'n'", "UPDATE users SET password = '***', name = 'n'"},
    {"UPDATE users SET \"password\"='p'", "UPDATE users SET \"password\"='***'"},
    {"SELECT '{\"password\": \"p\", \"a\": \"b\"}'", "SELECT '{\"password\": \"***\", \"a\": \"b\"}'"},
    {"UPDATE users SET password=crypt('p', 's')", "UPDATE users SET password=crypt('***', 's')"},
};

TEST(Mask, HidesSecrets) {
  for (const auto& [sql, shown] : kMasked) EXPECT_EQ(mask_literals(sql), shown);
}

TEST(Mask, LeavesTheRestAlone) {
  for (const std::string_view sql : {
           "SELECT 'x', password FROM users",
           "CREATE TABLE users (password text NOT NULL DEFAULT '')",
           "ALTER ROLE x PASSWORD NULL",
           "ALTER ROLE x PASSWORD ''",
           "SET password_encryption = 'scram-sha-256'",
           "INSERT INTO users (name, password) VALUES ('a', NULL)",
           "COMMENT ON COLUMN users.password IS 'the hash'",
           "SELECT 'http://h/path@x', 'a:b@c', '://'",
           "SELECT identified FROM t",
           "UPDATE t SET password = NEW.password",
           "",
       }) {
    EXPECT_EQ(mask_literals(sql), sql);
    EXPECT_EQ(mask_line(sql), sql);
  }
}

TEST(Mask, LinesKeepTheirColumns) {
  EXPECT_EQ(mask_line("ALTER ROLE x PASSWORD 'héé' -- y"), "ALTER ROLE x PASSWORD '***' -- y");
  for (const auto& [sql, shown] : kMasked) EXPECT_EQ(count_code_points(mask_line(sql)), count_code_points(sql)) << sql;
}

}  // namespace
}  // namespace dunlin::sql
