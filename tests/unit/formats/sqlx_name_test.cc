#include "formats/sqlx_name.h"

#include <gtest/gtest.h>

namespace dunlin::formats {
namespace {

using Part = SqlxName::Part;

struct Good {
  const char* file;
  std::int64_t version;
  Part part;
  const char* name;
  const char* description;
};

TEST(SqlxName, ReadsWhatSqlxReads) {
  const Good cases[] = {
      {"20260101000000_add_invoices.sql", 20260101000000, Part::simple, "add_invoices", "add invoices"},
      {"20260101000000_add_invoices.up.sql", 20260101000000, Part::up, "add_invoices", "add invoices"},
      {"20260101000000_add_invoices.down.sql", 20260101000000, Part::down, "add_invoices", "add invoices"},
      {"0001_x.sql", 1, Part::simple, "x", "x"},
      {"0_x.sql", 0, Part::simple, "x", "x"},
      {"+5_x.sql", 5, Part::simple, "x", "x"},
      {"-1_x.sql", -1, Part::simple, "x", "x"},
      {"9223372036854775807_x.sql", 9223372036854775807, Part::simple, "x", "x"},
      {"1__x.sql", 1, Part::simple, "_x", " x"},
      {"1_.sql", 1, Part::simple, "", ""},
      {"1_.up.sql", 1, Part::up, "", ""},
      {"1_a.b-c d.sql", 1, Part::simple, "a.b-c d", "a.b-c d"},
      {"1_a_.sql", 1, Part::simple, "a_", "a "},
      // Each repeat of the suffix goes, and only of that suffix.
      {"1_a.sql.sql", 1, Part::simple, "a", "a"},
      {"1_a.up.sql.up.sql", 1, Part::up, "a", "a"},
      {"1_a.sql.up.sql", 1, Part::up, "a.sql", "a.sql"},
      {"1_a.up.sql.sql", 1, Part::simple, "a.up", "a.up"},
      {"1_a.down.up.sql", 1, Part::up, "a.down", "a.down"},
      {"1_été_😀.sql", 1, Part::simple, "été_😀", "été 😀"},
      {"1_a\xE9.sql", 1, Part::simple, "a\uFFFD", "a\uFFFD"},
  };
  for (const Good& expected : cases) {
    const auto parsed = parse_sqlx_name(expected.file);
    ASSERT_TRUE(parsed.has_value()) << expected.file;
    EXPECT_EQ(parsed->version, expected.version) << expected.file;
    EXPECT_EQ(parsed->part, expected.part) << expected.file;
    EXPECT_EQ(parsed->name, expected.name) << expected.file;
    EXPECT_EQ(parsed->description, expected.description) << expected.file;
  }
}

TEST(SqlxName, LeavesEverythingElse) {
  for (const char* file : {"",
                           "_",
                           "_.sql",
                           "_x.sql",
                           "1.sql",
                           "1_x",
                           "1_sql",
                           "x.sql",
                           "x_1.sql",
                           "1_x.SQL",
                           "1_x.sql ",
                           "1 _x.sql",
                           " 1_x.sql",
                           "V1__x.sql",
                           "2024-01-01_x.sql",
                           "1-x.sql",
                           "9223372036854775808_x.sql",
                           "1.5_x.sql",
                           "0x1_x.sql",
                           "1_x.sql.bak",
                           "README.md",
                           ".gitkeep",
                           "--1_x.sql"}) {
    EXPECT_FALSE(parse_sqlx_name(file).has_value()) << file;
  }
}

struct Miss {
  const char* file;
  const char* hint;
};

TEST(SqlxName, NearMissesNameTheFix) {
  const Miss cases[] = {
      {"2024-01-01_x.sql", "rename it to 20240101000000_x.sql"},
      {"2024-01-01-123456_create_users.sql", "rename it to 20240101123456_create_users.sql"},
      {"2024.01.01_x.sql", "rename it to 20240101000000_x.sql"},
      {"1.5_x.sql", "rename it to 15_x.sql"},
      {"V1__x.sql", "rename it to 1_x.sql"},
      {"V2.1__x.sql", "give it a whole number for a version: VERSION_x.sql"},
      {"R__views.sql", "give it a whole number for a version: VERSION_views.sql"},
      {"U1__x.sql", "give it a whole number for a version: VERSION_x.sql"},
      {"1-x.sql", "rename it to 1_x.sql"},
      {"001.create.sql", "rename it to 001_create.sql"},
      {"1 x.sql", "rename it to 1_x.sql"},
      {"001create_users.sql", "rename it to 001_create_users.sql"},
      {"20240101.sql", "rename it to 20240101_DESCRIPTION.sql"},
      {"1_x.SQL", "rename it to 1_x.sql"},
      {"1_x.Up.SQL", "rename it to 1_x.up.sql"},
      {"1_x.DOWN.Sql", "rename it to 1_x.down.sql"},
      {"99999999999999999999_x.sql", "give it a smaller version, such as YYYYMMDDHHMMSS"},
      {"1_x.sql.txt", "rename it to 1_x.sql"},
      {"20240101_x", "rename it to 20240101_x.sql"},
      {"20240101_x.up", "rename it to 20240101_x.up.sql"},
      {"create_users.sql",
       "rename it to VERSION_create_users.sql, or move it elsewhere; sqlx refuses the whole directory"},
      {"_x.sql", "rename it to VERSION__x.sql, or move it elsewhere; sqlx refuses the whole directory"},
  };
  for (const Miss& expected : cases) {
    const auto miss = near_miss_of_sqlx(expected.file);
    ASSERT_TRUE(miss.has_value()) << expected.file;
    EXPECT_EQ(miss->hint, expected.hint) << expected.file << ": " << miss->why;
    EXPECT_FALSE(miss->why.empty());
  }
}

TEST(SqlxName, OtherFilesAreNobodysBusiness) {
  for (const char* file : {"README.md", ".gitkeep", ".DS_Store", ".1_x.sql.swp", "schema.sql", "seed.sql",
                           "1_x.sql.bak", "1_x.up.sql.bak", "1_x.sql~", "1_x.sql.orig", "atlas.sum", "migrations.toml",
                           "mod.rs", "1_x.sql", "1_x.up.sql", "", "notes_2024.md", "dump.SQL", "2024_notes.md"}) {
    EXPECT_FALSE(near_miss_of_sqlx(file).has_value()) << file;
  }
}

TEST(SqlxName, DirectionsThatSqlxDoesNotKnowAreMisleading) {
  const auto misleading = [](const char* file) {
    const auto name = parse_sqlx_name(file);
    return name ? misleading_sqlx_name(*name, file) : std::nullopt;
  };
  EXPECT_EQ(misleading("1_x.Down.sql")->hint, "rename it to 1_x.down.sql");
  EXPECT_EQ(misleading("1_x.undo.sql")->hint, "rename it to 1_x.down.sql");
  EXPECT_EQ(misleading("1_x.rollback.sql")->hint, "rename it to 1_x.down.sql");
  EXPECT_EQ(misleading("1_x.UP.sql")->hint, "rename it to 1_x.up.sql");
  EXPECT_FALSE(misleading("1_shut_down.sql").has_value());
  EXPECT_FALSE(misleading("1_x.down.sql").has_value());
  EXPECT_FALSE(misleading("1_x.sql").has_value());
}

}  // namespace
}  // namespace dunlin::formats
