// Connecting: each way it can fail has a message of its own, and none tells the password.
#include <fmt/format.h>

#include "fixture.h"
#include "proxy.h"

namespace dunlin::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kSecret = "h0rse-battery";

class Connect : public PostgresTest {
 protected:
  Error refusal(const std::string& url, SessionOptions options = {}) {
    try {
      driver_->open(url, options);
    } catch (const Failure& failure) {
      for (const std::string& text : {failure.error().message, failure.error().hint, failure.error().statement}) {
        EXPECT_THAT(text, Not(HasSubstr(kSecret))) << url;
      }
      return failure.error();
    }
    ADD_FAILURE() << "it connected";
    return {};
  }
  // host:port of the test's server.
  std::string place() { return driver_->describe(url_).location; }
};

TEST_F(Connect, SaysWhereItIs) {
  const auto session = open();
  const ServerInfo& info = session->server();
  EXPECT_EQ(info.database, database_);
  EXPECT_EQ(info.location, place());
  EXPECT_EQ(info.user, "postgres");
  EXPECT_THAT(info.product, HasSubstr("PostgreSQL "));
  EXPECT_GE(info.version, 120000);
  EXPECT_GT(session->backend().pid, 0);
  EXPECT_FALSE(session->backend().started.empty());
}

TEST_F(Connect, AnAbsentDatabaseHintsAtCreate) {
  const Error error = refusal(with_database(url_, "no_such_db"));
  EXPECT_EQ(error.kind, ErrorKind::connect);
  EXPECT_EQ(error.sqlstate, "3D000");
  EXPECT_THAT(error.message, HasSubstr("\"no_such_db\" does not exist"));
  EXPECT_THAT(error.hint, HasSubstr("dunlin create"));
}

TEST_F(Connect, AWrongPasswordIsSaidSo) {
  std::string url = server_url("DUNLIN_TEST_POSTGRES_PASSWORD_URL");
  const auto colon = url.find(':', url.find("//"));
  url.replace(colon + 1, url.find('@') - colon - 1, kSecret);
  const Error error = refusal(url);
  EXPECT_EQ(error.sqlstate, "28P01");
  EXPECT_THAT(error.message, HasSubstr("the password of user \"app\" was refused"));
}

TEST_F(Connect, AMissingPasswordIsSaidSo) {
  std::string url = server_url("DUNLIN_TEST_POSTGRES_PASSWORD_URL");
  const auto colon = url.find(':', url.find("//"));
  url.erase(colon, url.find('@') - colon);
  EXPECT_THAT(refusal(url).message, HasSubstr("asks for a password"));
}

TEST_F(Connect, AnAbsentRoleIsSaidSo) {
  const Error error = refusal(with_parameter(url_, "user=nobody_at_all"));
  EXPECT_EQ(error.kind, ErrorKind::connect);
  EXPECT_THAT(error.message, HasSubstr("nobody_at_all"));
}

TEST_F(Connect, ARefusedConnectionAndAnUnknownHost) {
  int free_port = 0;
  {
    const SilentServer gone;
    free_port = gone.port();
  }
  EXPECT_THAT(refusal(fmt::format("postgres://u:{}@127.0.0.1:{}/x", kSecret, free_port)).message,
              HasSubstr("connection refused"));
  EXPECT_THAT(refusal(fmt::format("postgres://u:{}@no-such-host.invalid/x", kSecret)).message,
              HasSubstr("does not resolve"));
  EXPECT_THAT(refusal("postgres:///x?host=/nonexistent").message, HasSubstr("no server has its socket"));
}

TEST_F(Connect, ASilentServerTimesOut) {
  const SilentServer silent;
  const Error error = refusal(fmt::format("postgres://u:{}@127.0.0.1:{}/x", kSecret, silent.port()),
                              {.connect_timeout = milliseconds(80)});
  EXPECT_EQ(error.kind, ErrorKind::connect);
  EXPECT_THAT(error.message, HasSubstr("did not answer within 80 ms"));
}

TEST_F(Connect, ASilentHostOfSeveralIsLeftForTheNext) {
  const SilentServer silent;
  const std::string at = place();
  const std::string url = fmt::format("postgres://postgres@127.0.0.1:{},{}/{}", silent.port(), at, database_);
  const auto session = driver_->open(url, {.connect_timeout = milliseconds(200)});
  EXPECT_EQ(session->server().location, at);
}

TEST_F(Connect, TlsThatIsNotOfferedIsSaidSo) {
  EXPECT_THAT(refusal(with_parameter(url_, "sslmode=require")).message, HasSubstr("does not offer TLS"));
}

TEST_F(Connect, TheUsersOwnOptionsAreKept) {
  const auto session = driver_->open(with_parameter(url_, "options=-csearch_path%3Dmine"), {});
  Steps steps;
  steps.add("RESET ALL");
  EXPECT_EQ(apply(*session, steps).committed, 1U);
  EXPECT_EQ(session->query("SHOW search_path")[0][0], "mine");
}

TEST_F(Connect, LocateFindsTheTableOrWhereItWouldBe) {
  const auto session = open();
  const TableLocation there = session->locate({"", "history"});
  EXPECT_TRUE(there.exists);
  EXPECT_EQ(there.name.schema, "public");
  const TableLocation absent = session->locate({"", "Odd \"name"});
  EXPECT_FALSE(absent.exists);
  EXPECT_EQ(absent.name.schema, "public");
  EXPECT_FALSE(session->locate({"public", "nothing"}).exists);
  EXPECT_THROW(session->locate({"no_schema", "x"}), Failure);
}

TEST_F(Connect, QueriesGiveNullsAndErrors) {
  const auto session = open();
  const Rows rows = session->query("SELECT NULL, '', 'x' UNION ALL SELECT '1', '2', '3'");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][0], std::nullopt);
  EXPECT_EQ(rows[0][1], "");
  EXPECT_EQ(rows[1][2], "3");
  EXPECT_THROW(session->query("SELECT nonsense"), Failure);
  EXPECT_EQ(session->query("SELECT 1")[0][0], "1");
}

TEST_F(Connect, CreateDropAndDump) {
  DatabaseAdmin& admin = *driver_->admin();
  const std::string other = with_database(url_, "odd%20name_" + database_);
  EXPECT_TRUE(admin.create(other, {}));
  EXPECT_FALSE(admin.create(other, {}));
  auto session = driver_->open(other, {});
  session->query("CREATE TABLE kept (id int PRIMARY KEY)");
  const std::string dump = admin.dump(other, {});
  EXPECT_THAT(dump, HasSubstr("CREATE TABLE public.kept"));
  EXPECT_THAT(dump, Not(HasSubstr("\\restrict")));
  EXPECT_THAT(dump, Not(HasSubstr("Dumped ")));
  EXPECT_EQ(dump, admin.dump(other, {}));
  try {
    admin.drop(other, {}, false);
    ADD_FAILURE() << "it was dropped under a session";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.error().hint, HasSubstr("--force"));
  }
  EXPECT_TRUE(admin.drop(other, {}, true));
  EXPECT_FALSE(admin.drop(other, {}, true));
  EXPECT_THROW(admin.dump(other, {}), Failure);
}

TEST_F(Connect, DumpPassesThePasswordOnWithoutShowingIt) {
  const std::string url = server_url("DUNLIN_TEST_POSTGRES_PASSWORD_URL");
  EXPECT_THAT(driver_->admin()->dump(url, {}), HasSubstr("PostgreSQL database dump"));
}

}  // namespace
}  // namespace dunlin::testing
