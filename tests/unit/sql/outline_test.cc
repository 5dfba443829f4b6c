#include "sql/outline.h"

#include <gmock/gmock.h>

#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Outline pg(std::string_view text, int first_line = 1) {
  TextReader reader(text);
  return outline(Dialect::postgres, reader, "m.sql", first_line);
}

Outline lite(std::string_view text) {
  TextReader reader(text);
  return outline(Dialect::sqlite, reader, "m.sql", 1);
}

TEST(Outline, OfNothing) {
  const Outline nothing = pg("-- nothing\n;");
  EXPECT_EQ(nothing.statements, 0U);
  EXPECT_FALSE(nothing.begins_and_commits());
}

TEST(Protocol, Rule1_9_AnOuterTransactionIsRecognised) {
  const Outline outer =
      pg("-- c\nBEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nSAVEPOINT s;\nROLLBACK TO s;\nCOMMIT;\n-- d");
  EXPECT_EQ(outer.statements, 5U);
  EXPECT_TRUE(outer.begins_and_commits());
  EXPECT_EQ(outer.begin_characteristics, "ISOLATION LEVEL SERIALIZABLE");
  EXPECT_TRUE(pg("START TRANSACTION; END").begins_and_commits());
  EXPECT_TRUE(lite("BEGIN IMMEDIATE; DELETE FROM t; COMMIT;").begins_and_commits());
}

TEST(Protocol, Rule1_9_AnyOtherTransactionWordMakesAFileSelfManaged) {
  for (const std::string_view text :
       {"BEGIN; SELECT 1", "SELECT 1; COMMIT", "BEGIN; COMMIT; BEGIN; COMMIT", "BEGIN; BEGIN; COMMIT",
        "BEGIN; SELECT 1; COMMIT; SELECT 2", "BEGIN; COMMIT AND CHAIN", "BEGIN; ROLLBACK; COMMIT",
        "BEGIN; PREPARE TRANSACTION 'x'; COMMIT", "SELECT 1; BEGIN; COMMIT"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(pg(text).begins_and_commits());
  }
  EXPECT_EQ(pg("BEGIN;\nCOMMIT;\nBEGIN;\nCOMMIT").inner_transaction_word->line, 2);
  EXPECT_EQ(pg("BEGIN;\n  BEGIN;\nCOMMIT").inner_transaction_word->column, 3);
  EXPECT_FALSE(pg("BEGIN; SELECT 1; COMMIT").inner_transaction_word);
}

TEST(Outline, MentionsTheFirstOfEach) {
  const Outline found =
      pg("SELECT 1;\n"
         "CREATE INDEX CONCURRENTLY i ON t (a);\n"
         "VACUUM t;\n"
         "DO $$ BEGIN END $$;\n"
         "LOCK TABLE t;\n"
         "SET search_path = x;\n"
         "CREATE TEMP TABLE y (a int);\n"
         "RESET ALL;\n"
         "SELECT pg_advisory_unlock_all();\n"
         "SET standard_conforming_strings = off;\n"
         "ROLLBACK;\n"
         "PREPARE TRANSACTION 'x';\n",
         100);
  EXPECT_EQ(found.refused_in_transaction->command, "CREATE INDEX CONCURRENTLY");
  EXPECT_EQ(found.refused_in_transaction->line, 101);
  EXPECT_EQ(found.refused_count, 2U);
  EXPECT_EQ(found.concurrently->line, 101);
  EXPECT_EQ(found.may_commit->line, 103);
  EXPECT_EQ(found.needs_transaction->command, "LOCK");
  EXPECT_EQ(found.creates_temporary->line, 106);
  EXPECT_EQ(found.resets_settings->line, 107);
  EXPECT_EQ(found.releases_locks->line, 108);
  EXPECT_EQ(found.changes_lexer->line, 109);
  EXPECT_EQ(found.rollback->line, 110);
  EXPECT_EQ(found.prepare_transaction->line, 111);
  ASSERT_THAT(found.leaves_behind, SizeIs(3));
  EXPECT_EQ(found.leaves_behind[0].command, "search_path");
  EXPECT_EQ(found.leaves_behind[1].command, "temporary table y");
  EXPECT_EQ(found.leaves_behind[1].line, 106);
}

TEST(Outline, WhatIsLeftBehindIsNamedOnceAndBounded) {
  EXPECT_THAT(pg("SET a.b = 1; SET a.b = 2; SET a.c = 1").leaves_behind, SizeIs(2));
  std::string many;
  for (int k = 0; k < 100; ++k) many += "SET a.b" + std::to_string(k) + " = 1;";
  EXPECT_THAT(pg(many).leaves_behind, SizeIs(Outline::kMostMentions));
}

TEST(Outline, WhatIsPutBackIsNotLeftBehind) {
  for (const char* text : {"SET ROLE a; RESET ROLE", "SET ROLE a; SET ROLE NONE", "SET ROLE a; SET role TO 'none'",
                           "SET search_path = a; SET search_path TO DEFAULT", "SET TIME ZONE 'UTC'; RESET TIME ZONE",
                           "SET SESSION AUTHORIZATION a; RESET SESSION AUTHORIZATION",
                           "SET SESSION AUTHORIZATION a; SET SESSION AUTHORIZATION DEFAULT"}) {
    EXPECT_THAT(pg(text).leaves_behind, SizeIs(0)) << text;
  }
  EXPECT_THAT(pg("SET ROLE a; RESET search_path").leaves_behind, SizeIs(1));
  EXPECT_THAT(pg("SET ROLE a; RESET ROLE; SET ROLE b").leaves_behind, SizeIs(1));
}

TEST(Outline, EndsAtTheDataOfACopy) {
  const Outline dump = pg("SELECT 1;\nCOPY t (a) FROM stdin;\n1\t'\n\\.\n");
  EXPECT_EQ(dump.statements, 2U);
  EXPECT_EQ(dump.copies_to_client->line, 2);
}

TEST(Outline, OfASqliteRebuild) {
  const Outline rebuild = lite(
      "PRAGMA foreign_keys = OFF;\n"
      "CREATE TABLE new_t(a);\n"
      "INSERT INTO new_t SELECT a FROM t;\n"
      "DROP TABLE t; DROP TABLE IF EXISTS main.T;\n"
      "ALTER TABLE new_t RENAME TO t;\n"
      "DELETE FROM u; UPDATE \"U\" SET a = 1; REPLACE INTO w VALUES (1);\n"
      "PRAGMA page_size = 4096; PRAGMA foreign_keys = ON; PRAGMA user_version = 1");
  EXPECT_THAT(rebuild.dropped_tables, ElementsAre("t"));
  EXPECT_THAT(rebuild.modified_tables, ElementsAre("u", "w"));
  EXPECT_EQ(rebuild.foreign_keys_pragma->line, 1);
  ASSERT_THAT(rebuild.pragmas_without_effect, SizeIs(2));
  EXPECT_EQ(rebuild.pragmas_without_effect[1].command, "PRAGMA page_size");
  EXPECT_THAT(pg("DROP TABLE t; DELETE FROM u").dropped_tables, IsEmpty());
}

TEST(Outline, PassesErrorsOn) {
  EXPECT_THROW(pg("SELECT 1; SELECT '"), Failure);
}

}  // namespace
}  // namespace dunlin::sql
