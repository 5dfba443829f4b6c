#include "drivers/sqlite/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::sqlite {
namespace {

TEST(SqliteUrl, SpellingsOfOtherToolsNameTheSameFile) {
  const std::pair<const char*, const char*> spellings[] = {
      {"sqlite:app.db", "app.db"},
      {"sqlite://app.db", "app.db"},
      {"sqlite://./data/app.db", "./data/app.db"},
      {"sqlite:///srv/app.db", "/srv/app.db"},
      {"sqlite:/srv/app.db", "/srv/app.db"},
      {"sqlite3://app.db", "app.db"},
      {"sqlite3:///srv/app.db", "/srv/app.db"},
      {"file:app.db", "app.db"},
      {"file:/srv/app.db", "/srv/app.db"},
      {"file:///srv/app.db", "/srv/app.db"},
      {"file://localhost/srv/app.db", "/srv/app.db"},
      {"jdbc:sqlite:app.db", "app.db"},
      {"jdbc:sqlite:/srv/app.db", "/srv/app.db"},
      {"jdbc:sqlite:file:app.db", "app.db"},
      {"sqlite:my%20app%3F.db", "my app?.db"},
      {"sqlite:app.db?", "app.db"},
      {"file:app.db#here", "app.db"},
  };
  for (const auto& [url, path] : spellings) {
    const Location location = parse_url(url);
    EXPECT_EQ(location.path, path) << url;
    EXPECT_FALSE(location.in_memory) << url;
    EXPECT_EQ(location.mode, OpenMode::existing) << url;
  }
}

TEST(SqliteUrl, MemoryHasManyNames) {
  for (const char* url : {"sqlite::memory:", "sqlite://:memory:", "file::memory:?cache=shared",
                          "jdbc:sqlite::memory:", "sqlite:x?mode=memory", "file:x?mode=memory&cache=shared"}) {
    EXPECT_TRUE(parse_url(url).in_memory) << url;
  }
}

TEST(SqliteUrl, ParametersAreUnderstood) {
  EXPECT_EQ(parse_url("sqlite:a?mode=rwc").mode, OpenMode::create);
  EXPECT_EQ(parse_url("sqlite:a?mode=rw").mode, OpenMode::existing);
  EXPECT_EQ(parse_url("sqlite:a?mode=ro").mode, OpenMode::read_only);
  EXPECT_TRUE(parse_url("sqlite:a?immutable=1").immutable);
  EXPECT_TRUE(parse_url("sqlite:a?cache=shared&mode=rwc").shared_cache);
  EXPECT_EQ(parse_url("sqlite:a?vfs=unix-excl").vfs, "unix-excl");
  EXPECT_EQ(parse_url("sqlite3://a?_fk=1").foreign_keys, true);
  EXPECT_EQ(parse_url("sqlite3://a?_foreign_keys=off").foreign_keys, false);
  EXPECT_EQ(parse_url("sqlite3://a?_busy_timeout=250").busy_timeout, std::chrono::milliseconds(250));
}

TEST(SqliteUrl, WhatCannotBeMeantIsRefusedWithoutRepeatingIt) {
  for (const char* url :
       {"sqlite:", "sqlite://", "sqlite:?mode=rwc", "jdbc:sqlite:", "sqlite:dir/", "sqlite:a?mode=secret",
        "sqlite:a?key=secret", "sqlite:a?cache=secret", "sqlite:a?immutable=secret", "sqlite:a?_timeout=secret",
        "sqlite:a%2", "sqlite:a%zz", "sqlite:a%00b", "file://secret/app.db", "file://secret", "postgres://secret"}) {
    try {
      parse_url(url);
      ADD_FAILURE() << url;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::usage) << url;
      EXPECT_THAT(failure.error().message + failure.error().hint, testing::Not(testing::HasSubstr("secret"))) << url;
    }
  }
}

TEST(SqliteUrl, IsShownAsAFileOfThisMachine) {
  EXPECT_EQ(parse_url("sqlite:app.db").shown(), "./app.db");
  EXPECT_EQ(parse_url("sqlite:data/app.db").shown(), "data/app.db");
  EXPECT_EQ(parse_url("sqlite:/srv/app.db").shown(), "/srv/app.db");
  EXPECT_EQ(parse_url("sqlite:/srv/app.db").name(), "app.db");
  EXPECT_EQ(parse_url("sqlite::memory:").shown(), ":memory:");
}

}  // namespace
}  // namespace dunlin::sqlite
