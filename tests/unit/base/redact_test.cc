#include "base/redact.h"

#include <gtest/gtest.h>

namespace dunlin {
namespace {

TEST(Redact, PasswordsInUrls) {
  EXPECT_EQ(redact("postgres://app:s3cret@db:5432/app"), "postgres://app:***@db:5432/app");
  EXPECT_EQ(redact("cannot reach postgres://app:s3cret@db/app: timeout"),
            "cannot reach postgres://app:***@db/app: timeout");
  EXPECT_EQ(redact("postgres://app@db:5432/app"), "postgres://app@db:5432/app");
  EXPECT_EQ(redact("see https://example.org/a:b"), "see https://example.org/a:b");
  EXPECT_EQ(redact("postgres://:pw@h"), "postgres://:***@h");
}

TEST(Redact, PasswordsThatNobodyEncoded) {
  for (const char* password :
       {"s3cret/x", "s3cret@x", "s3cret?x", "s3cret#x", "s3cret:x", "s3cret'x", "s3cret&x=y", "s3cret,x"}) {
    const std::string shown = redact(std::string("postgres://app:") + password + "@db/app");
    EXPECT_EQ(shown, "postgres://app:***@db/app") << password;
  }
}

TEST(Redact, SecretsInQueriesAndSettings) {
  EXPECT_EQ(redact("postgres://db/app?user=u&password=s3cret&sslmode=require"),
            "postgres://db/app?user=u&password=***&sslmode=require");
  EXPECT_EQ(redact("host=db password=s3cret dbname=app"), "host=db password=*** dbname=app");
  EXPECT_EQ(redact("host=db password = 's3 cr''et\\' x' dbname=app"), "host=db password = '***' dbname=app");
  EXPECT_EQ(redact("PGPASSWORD=s3cret dunlin migrate"), "PGPASSWORD=*** dunlin migrate");
  EXPECT_EQ(redact("DB__PASSWORD=s3cret"), "DB__PASSWORD=***");
  EXPECT_EQ(redact("sslpassword=s3cret"), "sslpassword=***");
  EXPECT_EQ(redact("{\"password\": \"s3\\\"cret\", \"user\": \"u\"}"), "{\"password\": \"***\", \"user\": \"u\"}");
  EXPECT_EQ(redact("password=s3\\ cret x"), "password=*** x");
}

TEST(Redact, SecretsInSql) {
  EXPECT_EQ(redact("CREATE ROLE app LOGIN PASSWORD 's3''cret';"), "CREATE ROLE app LOGIN PASSWORD '***';");
  EXPECT_EQ(redact("alter role app password E's3\\'cret' valid until 'x'"),
            "alter role app password E'***' valid until 'x'");
  EXPECT_EQ(redact("PASSWORD\n  $x$s3cret$x$;"), "PASSWORD\n  $x$***$x$;");
  EXPECT_EQ(redact("SET PASSWORD = PASSWORD('s3cret')"), "SET PASSWORD = PASSWORD('***')");
  EXPECT_EQ(redact("CREATE USER u IDENTIFIED BY 's3cret'"), "CREATE USER u IDENTIFIED BY '***'");
  EXPECT_EQ(redact("IDENTIFIED WITH 'native' BY 's3cret' REQUIRE SSL"), "IDENTIFIED WITH '***' BY '***' REQUIRE SSL");
  EXPECT_EQ(redact("IDENTIFIED BY PASSWORD '*ABC'"), "IDENTIFIED BY PASSWORD '***'");
  EXPECT_EQ(redact("OPTIONS (user 'bob', password 's3cret')"), "OPTIONS (user 'bob', password '***')");
  EXPECT_EQ(redact("CONNECTION 'host=h password=''s3cret'' port=1'"), "CONNECTION 'host=h password='***'' port=1'");
}

TEST(Redact, LiteralsInSettings) {
  EXPECT_EQ(redact("password = E's3\\'cret', x = 1"), "password = E'***', x = 1");
  EXPECT_EQ(redact("CONNECTION 'password=s3cret' PUBLICATION 'p'"), "CONNECTION 'password=***' PUBLICATION 'p'");
}

TEST(Redact, TextThatIsCutOffInsideASecret) {
  EXPECT_EQ(redact("CREATE ROLE app PASSWORD 's3cr"), "CREATE ROLE app PASSWORD '***");
  EXPECT_EQ(redact("PASSWORD $$s3cr"), "PASSWORD $$***");
  EXPECT_EQ(redact("password='s3cr"), "password='***");
}

TEST(Redact, SecretsThatOtherProgramsPrint) {
  EXPECT_EQ(redact("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+x is set"), "AWS_SECRET_ACCESS_KEY=*** is set");
  EXPECT_EQ(redact("> Authorization: Bearer tok3nvalue1234567890\n> Accept: */*"),
            "> Authorization: ***\n> Accept: */*");
  EXPECT_EQ(redact("curl -H 'Authorization: Basic YWRtaW46cHc=' http://h"), "curl -H 'Authorization: ***' http://h");
  EXPECT_EQ(redact("sent Bearer tok3nvalue1234567890."), "sent Bearer ***");
  EXPECT_EQ(redact("db:\n  user: app\n  token: yamlsecret7\n  - password: pw\n"),
            "db:\n  user: app\n  token: ***\n  - password: ***\n");
  EXPECT_EQ(redact("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g."), "got ***");
}

TEST(Redact, LeavesOrdinaryMessagesAlone) {
  for (const char* text :
       {"password authentication failed for user \"app\"", "wrong password: try again",
        "column \"password\" does not exist", "ALTER TABLE users ADD COLUMN password_hash text NOT NULL",
        "syntax error at or near \"token\"", "", "://", "a://b", "12:05 done", "PASSWORD NULL", "password",
        "identified by nothing in particular, then 'quoted'", "bearer of bad news", "authorization failed",
        "invalid bearer token", "password: it has to be changed", "eyJustAWord", "a password: word"}) {
    EXPECT_EQ(redact(text), text);
  }
}

}  // namespace
}  // namespace dunlin
