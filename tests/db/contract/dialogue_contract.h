// What every driver's dialogue owes `dunlin shell`.
#pragma once

#include "db/contract/contract.h"
#include "dunlin/dialogue.h"

namespace dunlin::contract {

class Heard final : public RowSink {
 public:
  void columns(std::span<const std::string> names) override { names_.assign(names.begin(), names.end()); }
  bool row(std::span<const Cell> cells) override {
    std::string line;
    for (const Cell& cell : cells) line += (cell.kind == CellKind::null ? "NULL" : std::string(cell.text)) + "|";
    rows_.push_back(line);
    kinds_.clear();
    for (const Cell& cell : cells) kinds_.push_back(cell.kind);
    return rows_.size() < most_;
  }
  bool copied(std::string_view) override { return true; }

  std::vector<std::string> names_;
  std::vector<std::string> rows_;
  std::vector<CellKind> kinds_;
  std::size_t most_ = 1'000'000;
};

class Talk {
 public:
  Talk(Driver& driver, const std::string& url, bool read_only) {
    SessionOptions options;
    options.read_only = read_only;
    dialogue_ = driver.open_dialogue(url, options);
  }

  Answer run(const std::string& sql) {
    heard_ = Heard();
    heard_.most_ = most_;
    return dialogue_->run({sql, {"typed", 1, 1, 0}}, interrupt_, heard_);
  }

  std::unique_ptr<Dialogue> dialogue_;
  Interrupt interrupt_;
  Heard heard_;
  std::size_t most_ = 1'000'000;
};

TEST_P(Contract, ADialogueHandsOnNamesKindsAndRows) {
  Talk talk(*driver_, database_->url(), true);
  EXPECT_FALSE(talk.run("SELECT 1 AS one, 'x' AS \"Two\", NULL AS absent").error);
  EXPECT_THAT(talk.heard_.names_, ::testing::ElementsAre("one", "Two", "absent"));
  EXPECT_THAT(talk.heard_.rows_, ::testing::ElementsAre("1|x|NULL|"));
  EXPECT_THAT(talk.heard_.kinds_, ::testing::ElementsAre(CellKind::number, CellKind::text, CellKind::null));
  EXPECT_FALSE(talk.run("SELECT 1 AS one WHERE 1 = 0").error);
  EXPECT_THAT(talk.heard_.names_, ::testing::ElementsAre("one"));
}

TEST_P(Contract, AWritingDialogueShowsItsTransaction) {
  Talk talk(*driver_, database_->url(), false);
  EXPECT_EQ(talk.dialogue_->transaction(), TransactionState::none);
  talk.run("BEGIN");
  EXPECT_EQ(talk.dialogue_->transaction(), TransactionState::open);
  EXPECT_THAT(talk.run("INSERT INTO applied_version VALUES (1, 1)").tag, testing::EndsWith("1"));
  EXPECT_EQ(value("SELECT count(*) FROM applied_version"), "0");
  talk.run("COMMIT");
  EXPECT_EQ(talk.dialogue_->transaction(), TransactionState::none);
  EXPECT_EQ(value("SELECT count(*) FROM applied_version"), "1");
}

TEST_P(Contract, AReadingDialogueChangesNothing) {
  Talk talk(*driver_, database_->url(), true);
  for (const char* sql : {"INSERT INTO applied_version VALUES (1, 1)", "CREATE TABLE a (x INTEGER)",
                          "DROP TABLE applied_version", "VACUUM"}) {
    const Answer answer = talk.run(sql);
    ASSERT_TRUE(answer.error) << sql;
    EXPECT_EQ(answer.error->kind, ErrorKind::safety) << sql << ": " << answer.error->message;
    EXPECT_EQ(talk.dialogue_->transaction(), TransactionState::none);
  }
  EXPECT_EQ(value("SELECT count(*) FROM applied_version"), "0");
}

TEST_P(Contract, AnErrorInADialogueHasItsPlace) {
  Talk talk(*driver_, database_->url(), true);
  const Answer answer = talk.run("SELECT version,\n  nothing_there FROM applied_version");
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind, ErrorKind::sql);
  EXPECT_EQ(answer.error->where.line, 2);
  EXPECT_EQ(answer.error->where.column, 3);
}

TEST_P(Contract, AnInterruptEndsAStatementOfADialogueAndTheNextOneRuns) {
  Talk talk(*driver_, database_->url(), false);
  talk.interrupt_.request(SIGINT);
  const Answer answer = talk.run(database_->endless_statement());
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind, ErrorKind::interrupted);
  EXPECT_FALSE(answer.lost);
  const Interrupt never;
  Heard heard;
  EXPECT_FALSE(talk.dialogue_->run({"SELECT 1", {}}, never, heard).error);
}

TEST_P(Contract, ASinkThatHasEnoughEndsTheStatement) {
  Talk talk(*driver_, database_->url(), true);
  talk.most_ = 3;
  const Answer answer =
      talk.run("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5000000) SELECT n FROM s");
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind, ErrorKind::interrupted);
  EXPECT_EQ(talk.heard_.rows_.size(), 3u);
}

}  // namespace dunlin::contract
