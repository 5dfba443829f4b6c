#include "base/secret_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dunlin {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SecretSet, MasksKnownValuesWhereverTheyStand) {
  SecretSet secrets;
  secrets.add_from_url("postgres://app:p%40ss%2Fw%27ord@db:5432/app?sslpassword=key-pass");
  EXPECT_EQ(
      secrets.mask("raw p@ss/w'ord, encoded p%40ss%2Fw%27ord or p%40ss%2fw%27ord, quoted 'p@ss/w''ord', key-pass"),
      "raw ***, encoded *** or ***, quoted '***', ***");
  EXPECT_EQ(secrets.mask("app at db:5432"), "app at db:5432");
}

TEST(SecretSet, ReadsConninfoStrings) {
  SecretSet secrets;
  secrets.add_from_url("host=db user=app password = 'my secret' dbname=app");
  EXPECT_EQ(secrets.mask("the word my secret in a log"), "the word *** in a log");
  EXPECT_EQ(secrets.mask("db app"), "db app");
}

TEST(SecretSet, ASecretThatIsAlsoAPublicNameIsMaskedOnlyWhereItIsASecret) {
  SecretSet secrets;
  secrets.add_from_url("postgres://postgres:postgres@localhost/postgres");
  EXPECT_EQ(secrets.mask("postgres at localhost:5432, from postgres://postgres:postgres@localhost/postgres"),
            "postgres at localhost:5432, from postgres://postgres:***@localhost/postgres");
}

TEST(SecretSet, VeryShortSecretsDoNotTearTextApart) {
  SecretSet secrets;
  secrets.add("a");
  EXPECT_EQ(secrets.mask("a table; password=a"), "a table; password=***");
}

TEST(SecretSet, PasswordsWithEveryReservedCharacter) {
  for (const char* password : {"s3cret/x", "s3cret@x", "s3cret?x", "s3cret#x", "s3cret:x"}) {
    SecretSet secrets;
    secrets.add_from_url(std::string("postgres://app:") + password + "@db/app");
    EXPECT_THAT(secrets.mask(std::string("leaked: ") + password), Not(HasSubstr("s3cret"))) << password;
  }
}

}  // namespace
}  // namespace dunlin
