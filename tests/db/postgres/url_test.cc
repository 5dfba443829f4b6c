// The spellings of database URLs.
#include "drivers/postgres/url.h"

#include "dunlin/error.h"
#include "fixture.h"

namespace dunlin::testing {
namespace {

using postgres::parse_url;
using ::testing::HasSubstr;
using ::testing::Not;

Error usage_error(const std::string& url) {
  try {
    parse_url(url);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::usage) << url;
    return failure.error();
  }
  ADD_FAILURE() << "accepted: " << url;
  return {};
}

TEST(PostgresUrl, SpellingsOfOtherToolsMeanTheSame) {
  for (const std::string scheme :
       {"postgres", "postgresql", "pgx", "pgx4", "pgx5", "postgresql+psycopg2", "jdbc:postgresql"}) {
    const auto parameters = parse_url(scheme + "://u:p%40ss@h1:5433,h2:5434/db?application_name=x");
    EXPECT_EQ(parameters.get("host"), "h1,h2") << scheme;
    EXPECT_EQ(parameters.get("port"), "5433,5434") << scheme;
    EXPECT_EQ(parameters.get("password"), "p@ss") << scheme;
    EXPECT_EQ(parameters.get("dbname"), "db") << scheme;
  }
  EXPECT_EQ(parse_url("jdbc:postgresql://h/db?user=u&password=s&ApplicationName=a&ssl=true").get("sslmode"),
            "verify-full");
  EXPECT_EQ(parse_url("postgres://h/db?ssl-mode=require&ssl-ca=/x&statement-cache-capacity=5").get("sslrootcert"),
            "/x");
  EXPECT_EQ(parse_url("host=/run/postgresql dbname=db").get("host"), "/run/postgresql");
  EXPECT_EQ(parse_url("postgres:///db?host=/run/postgresql").get("dbname"), "db");
  EXPECT_EQ(parse_url("postgres://?service=prod").get("service"), "prod");
}

TEST(PostgresUrl, AnUnknownParameterIsNamed) {
  EXPECT_THAT(usage_error("postgres://h/db?x-migrations-table=m").message, HasSubstr("x-migrations-table"));
  EXPECT_THAT(usage_error("postgres://h/db?x-migrations-table=m").hint, HasSubstr("--history-table"));
  EXPECT_THAT(usage_error("postgres://h/db?schema=x").hint, HasSubstr("search_path"));
  EXPECT_THAT(usage_error("postgres://h/db?frobnicate=1").message, HasSubstr("frobnicate"));
  EXPECT_THAT(usage_error("postgres://h/db?sslmode=verify_full").hint, HasSubstr("sslmode=verify-full"));
  EXPECT_THAT(usage_error("postgres://h/db?sslmode=no-verify").hint, HasSubstr("verify-ca"));
}

TEST(PostgresUrl, NoPartOfAPasswordIsEverShown) {
  for (const std::string url :
       {"postgres://u:hunter@2secret@h/db", "postgres://u:hunter/2secret@h/db", "postgres://u:hunter?2secret=x@h/db",
        "postgres://u:hunter%2secret@h/db", "postgres://u:hunter%zzsecret@h/db", "postgres://u:hunter&secret?a@h/db",
        "host=h password='hunter secret", "host=h hunter secret=1", "postgres://u:secret@h:hunter/db",
        "postgres://u:hunter#secret?@h/db?x=1", "postgres://h?service=u:huntersecret@h/db",
        "postgres://h?sslrootcert=u:huntersecret@h", "postgres://host=h password=huntersecret dbname=db"}) {
    try {
      const auto parameters = parse_url(url);
      const ServerInfo info = postgres::describe(parameters);
      for (const std::string& text : {info.location, info.database, info.user}) {
        EXPECT_THAT(text, Not(HasSubstr("secret"))) << url;
        EXPECT_THAT(text, Not(HasSubstr("hunter"))) << url;
      }
    } catch (const Failure& failure) {
      for (const std::string& text : {failure.error().message, failure.error().hint}) {
        EXPECT_THAT(text, Not(HasSubstr("secret"))) << url;
        EXPECT_THAT(text, Not(HasSubstr("hunter"))) << url;
      }
    }
  }
}

TEST(PostgresUrl, DescribesWithoutConnecting) {
  const ServerInfo info = postgres::describe(parse_url("postgres://me:pw@db.internal:5444/app"));
  EXPECT_EQ(info.location, "db.internal:5444");
  EXPECT_EQ(info.database, "app");
  EXPECT_EQ(info.user, "me");
  EXPECT_EQ(postgres::describe(parse_url("postgres://me@h1,h2:6/app")).location, "h1:5432,h2:6");
  EXPECT_EQ(postgres::describe(parse_url("postgres://[::1]:7/app")).location, "[::1]:7");
  EXPECT_EQ(postgres::describe(parse_url("postgres:///app?host=/run/postgresql")).location, "/run/postgresql");
  EXPECT_EQ(postgres::describe(parse_url("postgres://me@h/")).database, "me");
}

}  // namespace
}  // namespace dunlin::testing
