#include "history/sqlx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/integer_version.h"
#include "dunlin/error.h"
#include "history/crc32.h"
#include "history/digest.h"
#include "history/registry.h"

namespace dunlin::history {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const TableName kTable{"public", "_sqlx_migrations"};

Migration migration_of(std::string text) {
  Migration migration;
  migration.version = make_integer_version(20260101000000);
  migration.name = "it's_here";
  migration.description = "it's here";
  migration.up = Script::from_text(std::move(text), "20260101000000_it's_here.sql");
  migration.checksum = sqlx().checksum(migration.up);
  return migration;
}

std::string checksum_hex(std::string text) {
  return to_hex(sqlx().checksum(Script::from_text(std::move(text), "x")));
}

TEST(SqlxHistory, ChecksumIsTheSha384ThatSqlxRecords) {
  // The file 20220721115250_add_test_table.sql that sqlx tests itself with.
  EXPECT_EQ(checksum_hex("CREATE TABLE migrations_simple_test (\n    some_id BIGINT NOT NULL PRIMARY KEY,\n"
                         "    some_payload BIGINT NOT NUll\n);\n\n"
                         "INSERT INTO migrations_simple_test (some_id, some_payload)\nVALUES (1, 100);\n"),
            "6be719fdc9b16caa0b30e0cb819827823eb48928aae839f06809247355237d8f54e3dfd0276b1b27dedeb51d91729cc0");
  // FIPS 180-4.
  EXPECT_EQ(checksum_hex("abc"),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(checksum_hex(""),
            "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b");
  EXPECT_EQ(checksum_hex(std::string(1'000'000, 'a')),
            "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985");
}

TEST(SqlxHistory, ChecksumKeepsByteOrderMarkAndCarriageReturns) {
  EXPECT_NE(checksum_hex("\xEF\xBB\xBFx\n"), checksum_hex("x\n"));
  EXPECT_NE(checksum_hex("x\r\n"), checksum_hex("x\n"));
}

TEST(SqlxHistory, TableIsSqlxsOwnOnEachDialect) {
  EXPECT_THAT(sqlx().create_sql(Dialect::postgres, kTable),
              ElementsAre("CREATE TABLE IF NOT EXISTS \"public\".\"_sqlx_migrations\" (\n"
                          "    version BIGINT PRIMARY KEY,\n"
                          "    description TEXT NOT NULL,\n"
                          "    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),\n"
                          "    success BOOLEAN NOT NULL,\n"
                          "    checksum BYTEA NOT NULL,\n"
                          "    execution_time BIGINT NOT NULL\n"
                          ")"));
  // Unquoted: SQLite keeps this text.
  EXPECT_THAT(sqlx().create_sql(Dialect::sqlite, {"", "_sqlx_migrations"}),
              ElementsAre("CREATE TABLE IF NOT EXISTS _sqlx_migrations (\n"
                          "    version BIGINT PRIMARY KEY,\n"
                          "    description TEXT NOT NULL,\n"
                          "    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
                          "    success BOOLEAN NOT NULL,\n"
                          "    checksum BLOB NOT NULL,\n"
                          "    execution_time BIGINT NOT NULL\n"
                          ")"));
  EXPECT_THAT(sqlx().create_sql(Dialect::mysql, {"", "_sqlx_migrations"}),
              ElementsAre(HasSubstr("EXISTS `_sqlx_migrations` (\n    version BIGINT PRIMARY KEY")));
}

TEST(SqlxHistory, NamesAreAlwaysQuotedInTheirSchema) {
  const TableName odd{"My Schema", "odd\"table"};
  const Migration migration = migration_of("SELECT 1;");
  const std::string expected = "\"My Schema\".\"odd\"\"table\"";
  for (const std::string& sql :
       {sqlx().create_sql(Dialect::postgres, odd).at(0), sqlx().select_sql(Dialect::postgres, odd),
        sqlx().record_up_sql(Dialect::postgres, odd, migration, {}).at(0),
        sqlx().record_down_sql(Dialect::postgres, odd, migration.version).at(0),
        sqlx().record_checksum_sql(Dialect::postgres, odd, migration).at(0),
        sqlx().fence(Dialect::postgres, odd, migration.version, true, 3).sql}) {
    EXPECT_THAT(sql, HasSubstr(expected));
  }
}

TEST(SqlxHistory, RecordsWhatSqlxRecords) {
  const Migration migration = migration_of("abc");
  const std::string hex =
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
  EXPECT_THAT(sqlx().record_up_sql(Dialect::postgres, kTable, migration, std::chrono::nanoseconds(42)),
              ElementsAre("INSERT INTO \"public\".\"_sqlx_migrations\" (version, description, success, checksum, "
                          "execution_time) VALUES (20260101000000, 'it''s here', TRUE, '\\x" +
                          hex + "', 42)"));
  EXPECT_THAT(sqlx().record_up_sql(Dialect::sqlite, {"main", "_sqlx_migrations"}, migration, {}),
              ElementsAre("INSERT INTO \"main\".\"_sqlx_migrations\" (version, description, success, checksum, "
                          "execution_time) VALUES (20260101000000, 'it''s here', TRUE, x'" +
                          hex + "', dunlin_elapsed_ns())"));
  EXPECT_THAT(sqlx().record_down_sql(Dialect::sqlite, {"", "h"}, migration.version),
              ElementsAre("DELETE FROM \"h\" WHERE version = 20260101000000"));
  EXPECT_THAT(sqlx().record_checksum_sql(Dialect::sqlite, {"", "h"}, migration),
              ElementsAre("UPDATE \"h\" SET checksum = x'" + hex + "' WHERE version = 20260101000000"));
}

TEST(SqlxHistory, OnPostgresNothingIsLookedUpInTheSearchPath) {
  const Migration migration = migration_of("abc");
  const std::string sql = sqlx().record_up_sql(Dialect::postgres, kTable, migration, {}).at(0);
  EXPECT_THAT(sql, HasSubstr("(EXTRACT(epoch FROM (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) "
                             "pg_catalog.transaction_timestamp())) OPERATOR(pg_catalog.*) 1e9)::pg_catalog.int8"));
  EXPECT_THAT(sqlx().record_down_sql(Dialect::postgres, kTable, migration.version).at(0),
              HasSubstr("version OPERATOR(pg_catalog.=) 20260101000000"));
}

TEST(SqlxHistory, AVersionThatIsNoNumberNeverReachesSql) {
  const Version hostile{"1; DROP TABLE users", "x"};
  EXPECT_THROW(sqlx().record_down_sql(Dialect::postgres, kTable, hostile), Failure);
}

TEST(SqlxHistory, ReadsRowsOfBothDialects) {
  const Row postgres{"20260101000000", "add invoices", "2026-01-01 10:02:03.123456", "t", "00ff", "1200000000"};
  const AppliedMigration applied = sqlx().row(Dialect::postgres, postgres);
  EXPECT_EQ(applied.version, make_integer_version(20260101000000));
  EXPECT_EQ(applied.version.text, "20260101000000");
  EXPECT_EQ(applied.description, "add invoices");
  EXPECT_EQ(applied.checksum, std::string("\x00\xff", 2));
  EXPECT_TRUE(applied.success);
  EXPECT_EQ(applied.execution_time, std::chrono::milliseconds(1200));
  using namespace std::chrono;
  EXPECT_EQ(applied.applied_at, WallTime(sys_days(2026y / January / 1) + 10h + 2min + 3s + 123456us));

  const Row sqlite{"7", "x", "2026-01-01 10:02:03", "0", "00FF", "-1"};
  const AppliedMigration dirty = sqlx().row(Dialect::sqlite, sqlite);
  EXPECT_FALSE(dirty.success);
  EXPECT_EQ(dirty.checksum, std::string("\x00\xff", 2));
  EXPECT_EQ(dirty.execution_time, std::nullopt) << "-1: sqlx never came to fill it in";
}

TEST(SqlxHistory, AnOddRowIsAnErrorOrAnEmptyValueButNoCrash) {
  EXPECT_THROW(sqlx().row(Dialect::sqlite, {"x"}), Failure);
  EXPECT_THROW(sqlx().row(Dialect::sqlite, {}), Failure);
  const AppliedMigration bare = sqlx().row(Dialect::sqlite, {"1", std::nullopt, "yesterday", std::nullopt, "0", "x"});
  EXPECT_EQ(bare.applied_at, std::nullopt);
  EXPECT_EQ(bare.execution_time, std::nullopt);
}

TEST(SqlxHistory, VersionsAreNumbersHoweverTheyAreSpelled) {
  EXPECT_EQ(sqlx().parse_version("007"), make_integer_version(7));
  EXPECT_EQ(sqlx().parse_version("seven"), std::nullopt);
}

TEST(SqlxHistory, FenceCountsTheRowsAndThisVersion) {
  const Fence fence = sqlx().fence(Dialect::sqlite, {"", "h"}, make_integer_version(7), true, 12);
  EXPECT_EQ(fence.sql,
            "SELECT (SELECT count(*) FROM \"h\") || ' rows, ' || (SELECT count(*) FROM \"h\" WHERE version = 7) || "
            "' of this version'");
  EXPECT_EQ(fence.expected, "12 rows, 1 of this version");
  EXPECT_EQ(sqlx().fence(Dialect::sqlite, {"", "h"}, make_integer_version(7), false, 0).expected,
            "0 rows, 0 of this version");
}

TEST(SqlxHistory, LockKeysAreSqlxs) {
  // Seen in a public deadlock report of a server that runs sqlx.
  EXPECT_EQ(sqlx().run_lock(Dialect::postgres, "matrixauthenticationservice")->key, 1881340119163255118);
  EXPECT_EQ(sqlx().run_lock(Dialect::postgres, "app")->key, 3469795979745788610);
  EXPECT_EQ(sqlx().run_lock(Dialect::mysql, "app")->name, "3027310f4fd382c2");
  EXPECT_FALSE(sqlx().run_lock(Dialect::sqlite, "app.db").has_value());
}

TEST(Crc32, CheckValue) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
}

TEST(HistoryRegistry, FindsByNameAndSuggests) {
  EXPECT_EQ(&by_name("sqlx"), &sqlx());
  try {
    by_name("sqx");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::usage);
    EXPECT_EQ(failure.error().hint, "did you mean sqlx?");
  }
}

}  // namespace
}  // namespace dunlin::history
