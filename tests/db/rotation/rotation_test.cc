// Rotating the keys of a database with several workers; also run under the thread sanitizer.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/contract/contract.h"
#include "db/sqlite/scratch.h"
#include "drivers/registry.h"
#include "secrets/column_choice.h"
#include "secrets/reencryption.h"
#include "sql/quote.h"

namespace dunlin::secrets {
namespace {

constexpr int kRows = 300;

class Rotating : public testing::Test {
 protected:
  void SetUp() override {
    session_ = open();
    run("CREATE TABLE users (id integer PRIMARY KEY, token_encrypted text)");
    const Keyring old(old_key_.view());
    std::string rows;
    for (int n = 1; n <= kRows; ++n) {
      const std::string payload = Envelope::seal(fmt::format("token {}", n), old).payload();
      rows += fmt::format("{}({}, {})", n > 1 ? ", " : "", n, sql::quote_text(Dialect::sqlite, payload));
    }
    run("INSERT INTO users VALUES " + rows);
  }

  std::unique_ptr<Session> open() { return driver_->open(url_, {}); }
  void run(const std::string& sql) {
    contract::Recorder recorder;
    const StatementResult result = session_->execute({sql, {}}, nullptr, recorder);
    ASSERT_FALSE(result.error) << result.error->message;
  }
  std::string value(const std::string& sql) { return session_->query(sql).at(0).at(0).value_or("NULL"); }

  RotationReport rotate_with(const RotationOptions& options, const Interrupt* interrupt = nullptr,
                             const OnProgress& on_progress = {}) {
    const Keyring ring(new_key_.view(), old_key_.view());
    const ColumnChoice choice = choose_columns(*session_, Dialect::sqlite, {}, {}, ring);
    return rotate([this] { return open(); }, Dialect::sqlite, choice.covered, ring, options, interrupt, Clock::real(),
                  on_progress);
  }

  sqlite::Scratch scratch_;
  std::string url_ = scratch_.made();
  std::shared_ptr<Driver> driver_ = drivers::for_url(url_);
  std::unique_ptr<Session> session_;
  SecretBytes old_key_ = make_key("kek-v1");
  SecretBytes new_key_ = make_key("kek-v2");
};

TEST_F(Rotating, SeveralWorkersDoEachValueOnce) {
  std::size_t told = 0;
  const RotationReport report = rotate_with({.batch_size = 7, .concurrency = 4}, nullptr,
                                            [&](const RotationProgress& progress) { told = progress.changed; });
  EXPECT_TRUE(report.clean() && report.proven);
  EXPECT_EQ(report.total(&ColumnReport::changed), kRows);
  EXPECT_EQ(told, kRows);
  const Keyring ring(new_key_.view());
  for (int n = 1; n <= kRows; n += 37) {
    const std::string payload = value(fmt::format("SELECT token_encrypted FROM users WHERE id = {}", n));
    EXPECT_EQ(Envelope::parse(payload).open(ring).view(), fmt::format("token {}", n));
  }
}

TEST_F(Rotating, AnInterruptLeavesTheRestForTheNextRun) {
  Interrupt interrupt;
  const RotationReport report = rotate_with({.batch_size = 5, .concurrency = 2}, &interrupt,
                                            [&](const RotationProgress&) { interrupt.request(0); });
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.clean());
  EXPECT_FALSE(report.proven);
  EXPECT_GT(report.total(&ColumnReport::changed), 0u);
  EXPECT_LT(report.total(&ColumnReport::changed), static_cast<std::size_t>(kRows));
  const RotationReport next = rotate_with({});
  EXPECT_TRUE(next.clean() && next.proven);
}

TEST_F(Rotating, ARehearsalChangesNothing) {
  const std::string before = value("SELECT group_concat(token_encrypted) FROM users");
  const RotationReport report = rotate_with({.rotation = Rotation::rehearse});
  EXPECT_EQ(report.total(&ColumnReport::old), kRows);
  EXPECT_EQ(value("SELECT group_concat(token_encrypted) FROM users"), before);
}

TEST_F(Rotating, AnApplicationThatGoesOnWritingUnderTheOldKeyIsGivenUpOn) {
  const std::string old = sql::quote_text(Dialect::sqlite, value("SELECT token_encrypted FROM users WHERE id = 1"));
  const RotationReport report = rotate_with({.concurrency = 1}, nullptr, [&](const RotationProgress&) {
    run("UPDATE users SET token_encrypted = " + old + " WHERE id = 1");
  });
  EXPECT_GT(report.passes, 10);
  EXPECT_LT(report.passes, 100);
  EXPECT_FALSE(report.proven);
}

TEST_F(Rotating, AFailureOfAWorkerIsThrown) {
  run("CREATE TRIGGER no BEFORE UPDATE ON users BEGIN SELECT raise(ABORT, 'not today'); END");
  try {
    rotate_with({.batch_size = 5, .concurrency = 3});
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), testing::HasSubstr("not today"));
  }
}

}  // namespace
}  // namespace dunlin::secrets
