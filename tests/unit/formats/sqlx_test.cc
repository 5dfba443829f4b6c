#include "formats/sqlx.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/integer_version.h"
#include "dunlin/error.h"
#include "fake_scheme.h"
#include "formats/format.h"
#include "temporary_directory.h"

namespace dunlin::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kNow = 1795000000;  // 2026-11-18 11:06:40 UTC

class SqlxDirectory : public testing::Test {
 protected:
  Catalog read() const { return by_name("sqlx").read(list_directory(directory_.string()), FakeScheme()); }
  void write(const std::string& name, const std::string& text = "SELECT 1;\n") { directory_.write(name, text); }
  std::vector<NewFile> make(std::string_view description, bool reversible = false) const {
    return by_name("sqlx").make(list_directory(directory_.string()), description, reversible, kNow);
  }

  TemporaryDirectory directory_;
};

std::vector<std::string> versions_of(const Catalog& catalog) {
  std::vector<std::string> versions;
  for (const Migration& migration : catalog.migrations) versions.push_back(migration.version.text);
  return versions;
}

std::vector<std::string> codes_of(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> codes;
  for (const Diagnostic& diagnostic : diagnostics) codes.push_back(diagnostic.code);
  return codes;
}

TEST_F(SqlxDirectory, OrderIsThatOfNumbers) {
  for (const char* name : {"10_c.sql", "2_b.sql", "001_a.sql", "-3_z.sql", "20260101000000_e.sql", "0_y.sql"})
    write(name);
  const Catalog catalog = read();
  EXPECT_THAT(versions_of(catalog), ElementsAre("-3", "0", "1", "2", "10", "20260101000000"));
  EXPECT_THAT(catalog.diagnostics, IsEmpty());
  EXPECT_EQ(catalog.format, "sqlx");
  EXPECT_EQ(catalog.location, directory_.string());
  EXPECT_TRUE(catalog.out_of_order_allowed);
}

TEST_F(SqlxDirectory, SimpleAndReversibleMigrationsMix) {
  write("1_first_one.sql", "CREATE TABLE a ();\n");
  write("2_second_one.up.sql", "CREATE TABLE b ();");
  write("2_second_one.down.sql", "DROP TABLE b;");
  const Catalog catalog = read();
  ASSERT_THAT(catalog.migrations, SizeIs(2));
  const Migration& first = catalog.migrations[0];
  EXPECT_EQ(first.name, "first_one");
  EXPECT_EQ(first.description, "first one");
  EXPECT_EQ(first.checksum, "19");
  EXPECT_FALSE(first.reversible());
  const Migration& second = catalog.migrations[1];
  EXPECT_TRUE(second.reversible());
  EXPECT_EQ(second.up.text(), "CREATE TABLE b ();");
  EXPECT_EQ(second.down.text(), "DROP TABLE b;");
  EXPECT_EQ(second.checksum, "18") << "the up file's alone";
}

TEST_F(SqlxDirectory, NoTransactionMustBeTheVeryFirstBytesAndIsAskedPerFile) {
  write("1_a.sql", "-- no-transaction\nVACUUM;\n");
  write("2_b.sql", "-- no-transactional at all\nVACUUM;\n");
  write("3_c.up.sql", "SELECT 1;\n");
  write("3_c.down.sql", "-- no-transaction\nSELECT 1;\n");
  write("4_d.sql", "SELECT 1;\n");
  const Catalog catalog = read();
  ASSERT_THAT(catalog.migrations, SizeIs(4));
  EXPECT_EQ(catalog.migrations[0].mode, TransactionMode::whole_file);
  EXPECT_EQ(catalog.migrations[1].mode, TransactionMode::whole_file) << "sqlx compares a beginning, not a word";
  EXPECT_EQ(catalog.migrations[2].mode, TransactionMode::wrapped);
  EXPECT_EQ(catalog.migrations[2].down_mode, TransactionMode::whole_file);
  EXPECT_EQ(catalog.migrations[3].mode, TransactionMode::wrapped);
  for (const Migration& migration : catalog.migrations) EXPECT_THAT(migration.diagnostics, IsEmpty());
}

TEST_F(SqlxDirectory, AMarkThatDoesNotCountIsPointedAt) {
  const std::pair<std::string, int> cases[] = {
      {"\n-- no-transaction\nVACUUM;\n", 2},  {"\xEF\xBB\xBF-- no-transaction\nVACUUM;\n", 1},
      {"--no-transaction\nVACUUM;\n", 1},     {"-- no transaction\nVACUUM;\n", 1},
      {"-- NO-TRANSACTION\r\nVACUUM;\n", 1},  {"-- vacuum it\n-- no-transaction\nVACUUM;", 2},
      {"/* no-transaction */\nVACUUM;\n", 1}, {"-- sqlx:no-transaction\nVACUUM;\n", 1},
  };
  int version = 0;
  for (const auto& [text, line] : cases) write(std::to_string(++version) + "_x.sql", text);
  const Catalog catalog = read();
  for (std::size_t i = 0; i < catalog.migrations.size(); ++i) {
    const Migration& migration = catalog.migrations[i];
    EXPECT_EQ(migration.mode, TransactionMode::wrapped) << cases[i].first;
    ASSERT_THAT(codes_of(migration.diagnostics), ElementsAre("misplaced-no-transaction")) << cases[i].first;
    EXPECT_EQ(migration.diagnostics[0].severity, Severity::warning);
    EXPECT_EQ(migration.diagnostics[0].where.line, cases[i].second) << cases[i].first;
  }
}

TEST_F(SqlxDirectory, ProseAboutTransactionsIsNoMark) {
  write("1_x.sql", "SELECT 1;\n-- there is no transaction here, see no-transaction in the manual\n");
  EXPECT_THAT(read().migrations.at(0).diagnostics, IsEmpty());
}

TEST_F(SqlxDirectory, OtherFilesAreIgnoredSilently) {
  for (const char* name : {"README.md", ".gitkeep", "schema.sql", "1_a.sql.bak", "Makefile"}) write(name);
  write(".git/1_x.sql");
  write("archive/1_x.sql");
  write("1_a.sql");
  const Catalog catalog = read();
  EXPECT_THAT(versions_of(catalog), ElementsAre("1"));
  EXPECT_THAT(catalog.diagnostics, IsEmpty());
}

TEST_F(SqlxDirectory, NearMissesAreWarnings) {
  write("2024-01-01_x.sql");
  write("V1__x.sql");
  write("1_a.sql");
  const Catalog catalog = read();
  EXPECT_THAT(versions_of(catalog), ElementsAre("1"));
  ASSERT_THAT(codes_of(catalog.diagnostics), ElementsAre("near-miss", "near-miss"));
  EXPECT_EQ(catalog.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(catalog.diagnostics[0].message, HasSubstr("not read as a migration"));
  EXPECT_THAT(catalog.diagnostics[0].where.file, HasSubstr("2024-01-01_x.sql"));
  EXPECT_EQ(catalog.diagnostics[1].hint, "rename it to 1_x.sql");
}

TEST_F(SqlxDirectory, ADirectoryNamedLikeAMigrationIsAWarning) {
  std::filesystem::create_directory(directory_.path() / "20260101_x.sql");
  std::filesystem::create_directory(directory_.path() / "2024-01-01-000000_create_users");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.migrations, IsEmpty());
  EXPECT_THAT(codes_of(catalog.diagnostics), ElementsAre("near-miss", "near-miss"));
}

TEST_F(SqlxDirectory, ADuplicateVersionIsAnErrorThatNamesBothFiles) {
  write("7_b.sql");
  write("0007_a.sql");
  const Catalog catalog = read();
  ASSERT_THAT(codes_of(catalog.diagnostics), ElementsAre("duplicate-version"));
  EXPECT_EQ(catalog.diagnostics[0].severity, Severity::error);
  EXPECT_THAT(catalog.diagnostics[0].message, HasSubstr("0007_a.sql"));
  EXPECT_THAT(catalog.diagnostics[0].message, HasSubstr("7_b.sql"));
  EXPECT_THAT(versions_of(catalog), ElementsAre("7"));
}

TEST_F(SqlxDirectory, ASimpleAndAReversibleFileOfOneVersionAreDuplicates) {
  write("7_a.sql");
  write("7_a.up.sql");
  write("7_a.down.sql");
  EXPECT_THAT(codes_of(read().diagnostics), ElementsAre("duplicate-version"));
}

TEST_F(SqlxDirectory, TwoDownFilesOfOneVersionAreDuplicates) {
  write("7_a.up.sql");
  write("7_a.down.sql");
  write("7_b.down.sql");
  EXPECT_THAT(codes_of(read().diagnostics), ElementsAre("duplicate-version"));
}

TEST_F(SqlxDirectory, ASimpleFileMayHaveADownFile) {
  write("7_a.sql");
  write("7_a.down.sql");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.diagnostics, IsEmpty());
  EXPECT_TRUE(catalog.migrations.at(0).reversible());
}

TEST_F(SqlxDirectory, APairWithTwoNamesIsAPairWithAWarning) {
  write("7_add_users.up.sql");
  write("7_add_invoices.down.sql");
  const Catalog catalog = read();
  EXPECT_TRUE(catalog.migrations.at(0).reversible());
  EXPECT_THAT(codes_of(catalog.migrations.at(0).diagnostics), ElementsAre("pair-differs"));
}

TEST_F(SqlxDirectory, ADownFileAloneIsAWarningAndNoMigration) {
  write("7_a.down.sql");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.migrations, IsEmpty());
  ASSERT_THAT(codes_of(catalog.diagnostics), ElementsAre("orphan-down"));
  EXPECT_EQ(catalog.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(catalog.diagnostics[0].hint, HasSubstr("7_a.up.sql"));
}

TEST_F(SqlxDirectory, AnEmptyFileIsAMigrationWithAWarning) {
  write("1_a.sql", "");
  write("2_b.sql", " \r\n\t\n");
  write("3_c.sql", "\xEF\xBB\xBF\n");
  write("4_d.sql", "-- only a comment\n");
  const Catalog catalog = read();
  ASSERT_THAT(catalog.migrations, SizeIs(4));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_THAT(codes_of(catalog.migrations[i].diagnostics), ElementsAre("empty-file")) << i;
    EXPECT_EQ(catalog.migrations[i].diagnostics[0].severity, Severity::warning);
  }
  EXPECT_EQ(catalog.migrations[0].checksum, "0");
  EXPECT_THAT(catalog.migrations[3].diagnostics, IsEmpty());
}

TEST_F(SqlxDirectory, InvalidUtf8IsAnErrorWithItsPlace) {
  write("1_a.sql", "SELECT 1;\nSELECT 'caf\xE9';\n");
  const Catalog catalog = read();
  const auto& found = catalog.migrations.at(0).diagnostics;
  ASSERT_THAT(codes_of(found), ElementsAre("invalid-utf8"));
  EXPECT_EQ(found[0].severity, Severity::error);
  EXPECT_EQ(found[0].where.line, 2);
  EXPECT_EQ(found[0].where.column, 12);
  EXPECT_THAT(found[0].line_text, HasSubstr("SELECT 'caf"));
  EXPECT_THAT(catalog.diagnostics, IsEmpty()) << "other migrations are not concerned";
}

// Root reads everything: the effective user is changed for as long as this lives.
class AsNobody {
 public:
  AsNobody() {
    if (::geteuid() == 0) changed_ = ::seteuid(65534) == 0;
  }
  ~AsNobody() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

TEST_F(SqlxDirectory, AnUnreadableFileIsAnErrorOfItsMigrationOnly) {
  write("1_a.sql");
  write("2_b.sql");
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(directory_.path() / "2_b.sql", std::filesystem::perms::none);
  const AsNobody nobody;
  const Catalog catalog = read();
  ASSERT_THAT(catalog.migrations, SizeIs(2));
  EXPECT_THAT(catalog.migrations[0].diagnostics, IsEmpty());
  const auto& found = catalog.migrations[1].diagnostics;
  ASSERT_THAT(codes_of(found), ElementsAre("unreadable"));
  EXPECT_EQ(found[0].severity, Severity::error);
  EXPECT_THAT(found[0].message, HasSubstr("Permission denied"));
  EXPECT_THAT(found[0].hint, HasSubstr("chmod"));
  EXPECT_EQ(catalog.migrations[1].checksum, "");
}

TEST_F(SqlxDirectory, AnUnreadableDirectoryIsAFailureWithTheCure) {
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::none);
  {
    const AsNobody nobody;
    try {
      read();
      ADD_FAILURE() << "it was read";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::config);
      EXPECT_THAT(failure.error().hint, HasSubstr("chmod a+rx"));
    }
  }
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
}

TEST_F(SqlxDirectory, ABrokenLinkNamedLikeAMigrationIsUnreadable) {
  std::filesystem::create_symlink("nowhere.sql", directory_.path() / "1_a.sql");
  EXPECT_THAT(codes_of(read().migrations.at(0).diagnostics), ElementsAre("unreadable"));
}

TEST_F(SqlxDirectory, LinkedFilesAndLinkedDirectoriesWork) {
  write("real/1_a.sql", "SELECT 'one';\n");
  std::filesystem::create_symlink("real", directory_.path() / "linked");
  std::filesystem::create_symlink("../real/1_a.sql", directory_.path() / "real/2_b.sql");
  const Catalog catalog = by_name("sqlx").read(list_directory((directory_.path() / "linked").string()), FakeScheme());
  ASSERT_THAT(versions_of(catalog), ElementsAre("1", "2"));
  EXPECT_EQ(catalog.migrations[1].up.text(), "SELECT 'one';\n");
}

TEST_F(SqlxDirectory, AMountedConfigMapWorks) {
  // As the kubelet lays it out: ..data points to a dated directory, the files point through ..data.
  write("..2026_01_01_00_00_00.123456/1_a.sql", "SELECT 1;\n");
  write("..2026_01_01_00_00_00.123456/2_b.sql", "SELECT 2;\n");
  std::filesystem::create_symlink("..2026_01_01_00_00_00.123456", directory_.path() / "..data");
  std::filesystem::create_symlink("..data/1_a.sql", directory_.path() / "1_a.sql");
  std::filesystem::create_symlink("..data/2_b.sql", directory_.path() / "2_b.sql");
  const Catalog catalog = read();
  EXPECT_THAT(versions_of(catalog), ElementsAre("1", "2"));
  EXPECT_THAT(catalog.diagnostics, IsEmpty());
  EXPECT_EQ(catalog.migrations[1].up.text(), "SELECT 2;\n");
}

TEST_F(SqlxDirectory, FilesOfToolsThatPutDownIntoTheSameFileAreRefused) {
  write("1_goose.sql", "-- +goose Up\nCREATE TABLE a ();\n-- +goose Down\nDROP TABLE a;\n");
  write("2_dbmate.sql", "-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down\nDROP TABLE a;\n");
  write("3_tern.sql", "CREATE TABLE a ();\n---- create above / drop below ----\nDROP TABLE a;\n");
  write("4_up_only.sql", "--+goose up\nCREATE TABLE a ();\n");
  write("5_text.sql", "INSERT INTO t VALUES ('\n  -- +goose Down');\n-- see -- migrate:down\n");
  const Catalog catalog = read();
  for (int i = 0; i < 4; ++i) {
    ASSERT_THAT(codes_of(catalog.migrations.at(i).diagnostics), ElementsAre("foreign-annotations")) << i;
    EXPECT_EQ(catalog.migrations[i].diagnostics[0].severity, i < 3 ? Severity::error : Severity::warning) << i;
  }
  EXPECT_THAT(catalog.migrations[0].diagnostics[0].message, HasSubstr("a goose file"));
  EXPECT_EQ(catalog.migrations[2].diagnostics[0].where.line, 2);
  EXPECT_THAT(catalog.migrations[4].diagnostics, IsEmpty());
}

TEST_F(SqlxDirectory, AForeignDownSectionIsSeenHoweverFarDown) {
  std::string text = "-- migrate:up\n";
  while (text.size() < 200'000) text += "INSERT INTO t VALUES (1);\n";
  write("1_x.sql", text + "-- migrate:down\nDROP TABLE t;\n");
  const Catalog catalog = read();
  const auto& found = catalog.migrations.at(0).diagnostics;
  ASSERT_THAT(codes_of(found), ElementsAre("foreign-annotations"));
  EXPECT_EQ(found[0].severity, Severity::error);
}

TEST_F(SqlxDirectory, AMisspeltDirectionIsPointedAt) {
  write("1_x.Down.sql", "DROP TABLE x;\n");
  const Catalog catalog = read();
  EXPECT_THAT(codes_of(catalog.migrations.at(0).diagnostics), ElementsAre("near-miss"));
}

TEST_F(SqlxDirectory, TenThousandFiles) {
  for (int i = 1; i <= 10'000; ++i) write(std::to_string(i) + "_x.sql");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.migrations, SizeIs(10'000));
  EXPECT_TRUE(std::is_sorted(catalog.migrations.begin(), catalog.migrations.end(),
                             [](const Migration& a, const Migration& b) { return a.version < b.version; }));
}

TEST_F(SqlxDirectory, EmbeddedFilesReadAsADirectoryDoes) {
  const std::vector<EmbeddedMigration> embedded{{"2_b.sql", "SELECT 2;"}, {"1_a.sql", "-- no-transaction\n"}};
  const Catalog catalog = by_name("sqlx").read(list_embedded(embedded), FakeScheme());
  ASSERT_THAT(versions_of(catalog), ElementsAre("1", "2"));
  EXPECT_EQ(catalog.migrations[0].mode, TransactionMode::whole_file);
  EXPECT_EQ(catalog.migrations[1].up.text(), "SELECT 2;");
  EXPECT_EQ(catalog.migrations[1].up.shown_as(), "2_b.sql");
}

TEST_F(SqlxDirectory, ANewMigrationGetsTheTimeInAnEmptyDirectory) {
  const auto files = make("Add invoices");
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].name, "20261118110640_add_invoices.sql");
  EXPECT_THAT(files[0].content, HasSubstr("-- add invoices\n"));
}

TEST_F(SqlxDirectory, AReversibleOneIsAPair) {
  const auto files = make("x", true);
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ(files[0].name, "20261118110640_x.up.sql");
  EXPECT_EQ(files[1].name, "20261118110640_x.down.sql");
}

TEST_F(SqlxDirectory, WhatIsMadeIsReadWithoutFindings) {
  for (const NewFile& file : make("add invoices", true)) write(file.name, file.content);
  const Catalog catalog = read();
  ASSERT_THAT(catalog.migrations, SizeIs(1));
  EXPECT_THAT(catalog.migrations[0].diagnostics, IsEmpty());
  EXPECT_EQ(catalog.migrations[0].mode, TransactionMode::wrapped);
}

TEST_F(SqlxDirectory, NumbersAreContinued) {
  write("0009_a.sql");
  EXPECT_EQ(make("b").at(0).name, "0010_b.sql");
  write("0010_b.down.sql");
  EXPECT_EQ(make("c").at(0).name, "0011_c.sql");
}

TEST(FormatRegistry, SqlxIsAsSqlxHasIt) {
  const Format& sqlx = by_name("sqlx");
  EXPECT_EQ(sqlx.history, "sqlx");
  EXPECT_TRUE(sqlx.out_of_order_allowed);
  EXPECT_TRUE(sqlx.foreign_keys);
  EXPECT_EQ(sqlx.no_transaction_mark, "-- no-transaction");
  EXPECT_FALSE(sqlx.no_transaction_on_sqlite);
}

TEST(FormatRegistry, FindsDetectsAndSuggests) {
  EXPECT_EQ(by_name("sqlx").name, "sqlx");
  EXPECT_EQ(detect(SourceSet{}).name, "sqlx");
  try {
    by_name("sqlex");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::usage);
    EXPECT_EQ(failure.error().hint, "did you mean sqlx?");
  }
}

}  // namespace
}  // namespace dunlin::formats
