#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/sqlite/fixture.h"
#include "support/thrown.h"

namespace dunlin::sqlite {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

class Opening : public testing::Test {
 protected:
  std::unique_ptr<Session> open(const std::string& url, bool read_only = false) {
    SessionOptions options;
    options.read_only = read_only;
    return driver_->open(url, options);
  }
  void shell(const char* sql, const std::string& name = "app.db") {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(scratch_.path(name).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  std::string count(Session& session) { return session.query("SELECT count(*) FROM t").at(0).at(0).value(); }

  Scratch scratch_;
  std::unique_ptr<Driver> driver_ = make_driver();
};

TEST_F(Opening, AMissingFileIsNeverMadeByAccident) {
  for (const bool read_only : {false, true}) {
    const Error error = error_of([&] { open(scratch_.url(), read_only); });
    EXPECT_EQ(error.kind, ErrorKind::connect);
    EXPECT_EQ(error.message, "the database file " + scratch_.path() + " does not exist");
    EXPECT_EQ(error.hint, "dunlin create");
  }
  EXPECT_THAT(scratch_.files(), ElementsAre());
}

TEST_F(Opening, ModeRwcMakesTheFileForWhoeverWrites) {
  const auto reader = open(scratch_.url() + "?mode=rwc", true);
  EXPECT_THAT(reader->query("SELECT * FROM sqlite_master"), testing::IsEmpty());
  EXPECT_THAT(scratch_.files(), ElementsAre());
  const auto writer = open(scratch_.url() + "?mode=rwc");
  Observer silent;
  EXPECT_EQ(writer->execute({"CREATE TABLE t (x)", {}}, nullptr, silent).outcome, StatementOutcome::done);
  EXPECT_THAT(scratch_.files(), ElementsAre("app.db"));
  // The reader that began before the file was there looks again.
  EXPECT_EQ(count(*reader), "0");
}

TEST_F(Opening, ModeRwcInAMissingDirectoryNamesTheDirectory) {
  const Error error = error_of([&] { open(scratch_.url("data/app.db") + "?mode=rwc"); });
  EXPECT_EQ(error.kind, ErrorKind::connect);
  EXPECT_EQ(error.hint, "mkdir -p " + scratch_.path("data"));
}

TEST_F(Opening, ModeRoIsForReading) {
  shell("CREATE TABLE t (x)");
  EXPECT_EQ(count(*open(scratch_.url() + "?mode=ro", true)), "0");
  EXPECT_EQ(error_of([&] { open(scratch_.url() + "?mode=ro"); }).kind, ErrorKind::usage);
}

TEST_F(Opening, AReadingSessionWritesNothing) {
  shell("CREATE TABLE t (x)");
  const auto reader = open(scratch_.url(), true);
  EXPECT_THAT(error_of([&] { reader->query("INSERT INTO t VALUES (1) RETURNING x"); }).message, HasSubstr("readonly"));
  Observer silent;
  EXPECT_EQ(error_of([&] { reader->execute({"CREATE TABLE u (x)", {}}, nullptr, silent); }).kind, ErrorKind::usage);
  EXPECT_EQ(count(*reader), "0");
}

TEST_F(Opening, ReadingADatabaseWithAWriteAheadLogLeavesNoFiles) {
  shell("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  ASSERT_THAT(scratch_.files(), ElementsAre("app.db"));
  {
    const auto reader = open(scratch_.url(), true);
    EXPECT_EQ(count(*reader), "1");
    EXPECT_THAT(scratch_.files(), ElementsAre("app.db"));
    // And sees what is written while it is open.
    const auto writer = open(scratch_.url());
    Observer silent;
    writer->execute({"INSERT INTO t VALUES (2)", {}}, nullptr, silent);
    EXPECT_EQ(count(*reader), "2");
  }
  EXPECT_THAT(scratch_.files(), ElementsAre("app.db", "app.db-shm", "app.db-wal"));
}

TEST_F(Opening, AnythingButADatabaseIsSaidToBeNone) {
  std::ofstream(scratch_.path())
      << "This is a text, and long enough to hold what SQLite looks for in a header of its own.";
  for (const bool read_only : {false, true}) {
    const Error error = error_of([&] { open(scratch_.url(), read_only); });
    EXPECT_EQ(error.kind, ErrorKind::connect);
    EXPECT_EQ(error.sqlstate, "SQLITE_NOTADB");
  }
  std::filesystem::create_directory(scratch_.path("dir"));
  EXPECT_THAT(error_of([&] { open(scratch_.url("dir")); }).message, HasSubstr("is a directory"));
}

TEST_F(Opening, SymbolicLinksAreFollowed) {
  shell("CREATE TABLE t (x)", "real.db");
  std::filesystem::create_symlink("real.db", scratch_.path());
  EXPECT_EQ(count(*open(scratch_.url())), "0");
}

TEST_F(Opening, OddNamesNeedNoEscapesBeyondTheUrls) {
  shell("CREATE TABLE t (x)", "a%41 ?#'b.db");
  EXPECT_EQ(count(*open("sqlite:" + scratch_.path("a%2541 %3F%23'b.db"))), "0");
}

TEST_F(Opening, MemoryWorksAndIsSharedWhenAskedFor) {
  Observer silent;
  const auto alone = open("sqlite::memory:");
  alone->execute({"CREATE TABLE t (x)", {}}, nullptr, silent);
  EXPECT_EQ(count(*alone), "0");
  const auto first = open("file:opening-test?mode=memory&cache=shared");
  first->execute({"CREATE TABLE t (x)", {}}, nullptr, silent);
  const auto second = open("file:opening-test?mode=memory&cache=shared");
  EXPECT_EQ(count(*second), "0");
}

TEST_F(Opening, DescribeConnectsToNothing) {
  const ServerInfo server = driver_->describe(scratch_.url());
  EXPECT_EQ(server.database, "app.db");
  EXPECT_EQ(server.location, scratch_.path());
  EXPECT_THAT(server.product, testing::StartsWith("SQLite 3."));
  EXPECT_GE(server.version, 3038000);
  EXPECT_THAT(scratch_.files(), ElementsAre());
}

class Admin : public Opening {
 protected:
  DatabaseAdmin& admin() { return *driver_->admin(); }
};

TEST_F(Admin, CreateMakesAnEmptyDatabaseOnce) {
  EXPECT_TRUE(admin().create(scratch_.url(), {}));
  EXPECT_FALSE(admin().create(scratch_.url(), {}));
  EXPECT_THAT(open(scratch_.url())->query("SELECT * FROM sqlite_master"), testing::IsEmpty());
}

TEST_F(Admin, CreateInAMissingDirectoryNamesIt) {
  const Error error = error_of([&] { admin().create(scratch_.url("data/app.db"), {}); });
  EXPECT_EQ(error.kind, ErrorKind::io);
  EXPECT_EQ(error.hint, "mkdir -p " + scratch_.path("data"));
}

TEST_F(Admin, DropTakesTheFilesBesideTheDatabase) {
  EXPECT_FALSE(admin().drop(scratch_.url(), {}, false));
  shell("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
  const auto left_behind = open(scratch_.url());
  left_behind->query("SELECT count(*) FROM t");
  EXPECT_TRUE(admin().drop(scratch_.url(), {}, true));
  EXPECT_THAT(scratch_.files(), ElementsAre());
}

TEST_F(Admin, DropLeavesADatabaseInUseAloneUnlessForced) {
  shell("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
  {
    const auto user = open(scratch_.url());
    user->query("SELECT count(*) FROM t");
    EXPECT_EQ(error_of([&] { admin().drop(scratch_.url(), {}, false); }).kind, ErrorKind::lock_busy);
    EXPECT_EQ(count(*user), "0");
  }
  EXPECT_TRUE(admin().drop(scratch_.url(), {}, false));
}

TEST_F(Admin, DropLeavesADatabaseInTheMiddleOfAWriteAlone) {
  shell("CREATE TABLE t (x)");
  const auto writer = open(scratch_.url());
  Observer silent;
  writer->execute({"BEGIN IMMEDIATE", {}}, nullptr, silent);
  EXPECT_EQ(error_of([&] { admin().drop(scratch_.url(), {}, false); }).kind, ErrorKind::lock_busy);
  EXPECT_THAT(scratch_.files(), testing::Contains("app.db"));
}

TEST_F(Admin, DropDoesNotRemoveWhatIsNoDatabase) {
  std::ofstream(scratch_.path())
      << "A letter to somebody, which must not be lost because a URL had a slip of the pen in it.....";
  EXPECT_EQ(error_of([&] { admin().drop(scratch_.url(), {}, false); }).sqlstate, "SQLITE_NOTADB");
  EXPECT_EQ(error_of([&] { admin().drop(scratch_.url(), {}, true); }).sqlstate, "SQLITE_NOTADB");
  EXPECT_THAT(scratch_.files(), ElementsAre("app.db"));
}

TEST_F(Admin, DropOfALinkTakesTheFileAndTheLink) {
  shell("CREATE TABLE t (x)", "real.db");
  std::filesystem::create_symlink("real.db", scratch_.path());
  EXPECT_TRUE(admin().drop(scratch_.url(), {}, false));
  EXPECT_THAT(scratch_.files(), ElementsAre());
}

TEST_F(Admin, MemoryIsNeitherCreatedNorDropped) {
  EXPECT_EQ(error_of([&] { admin().create("sqlite::memory:", {}); }).kind, ErrorKind::usage);
  EXPECT_EQ(error_of([&] { admin().drop("sqlite::memory:", {}, true); }).kind, ErrorKind::usage);
}

TEST_F(Admin, DumpIsTheSchemaInAnOrderThatRunsAgain) {
  shell(
      "CREATE TABLE b (x INTEGER PRIMARY KEY AUTOINCREMENT, y UNIQUE); CREATE INDEX b_y ON b (y, x);"
      "CREATE VIEW v AS SELECT y FROM b; CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN INSERT INTO b (y) VALUES "
      "(1); END;"
      "CREATE VIRTUAL TABLE words USING fts5(text); CREATE TABLE a (x); INSERT INTO b (y) VALUES (1); ANALYZE");
  const std::string schema = admin().dump(scratch_.url(), {});
  EXPECT_EQ(schema,
            "CREATE TABLE b (x INTEGER PRIMARY KEY AUTOINCREMENT, y UNIQUE);\n"
            "CREATE VIRTUAL TABLE words USING fts5(text);\n"
            "CREATE TABLE a (x);\n"
            "CREATE INDEX b_y ON b (y, x);\n"
            "CREATE VIEW v AS SELECT y FROM b;\n"
            "CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN INSERT INTO b (y) VALUES (1); END;\n");
  shell(schema.c_str(), "copy.db");
  EXPECT_EQ(admin().dump(scratch_.url("copy.db"), {}), schema);
}

}  // namespace
}  // namespace dunlin::sqlite
