#include "cli/run_summary.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "support/thrown.h"

namespace dunlin::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

StatusRow row(const std::string& version, MigrationState state) {
  StatusRow row;
  row.version = {version, version};
  row.state = state;
  if (state != MigrationState::pending && state != MigrationState::held) {
    row.applied.emplace();
    row.applied->success = state != MigrationState::failed;
  }
  return row;
}

Status status_of(std::size_t applied, std::size_t pending) {
  Status status;
  for (std::size_t i = 0; i < applied + pending; ++i)
    status.rows.push_back(
        row(fmt::format("{}", 20240101000000 + i), i < applied ? MigrationState::applied : MigrationState::pending));
  return status;
}

std::string text_of(const RunSummary& summary, int exit_code) {
  return summary_document(summary, exit_code, SecretSet());
}

TEST(RunSummary, IsOneLineWithItsKeysInOrder) {
  EXPECT_EQ(text_of({.status = status_of(2, 1)}, 0),
            fmt::format(R"({{"dunlin":"{}","outcome":"succeeded","exit_code":0,"current":"20240101000001",)"
                        R"("applied":["20240101000001","20240101000000"],"applied_total":2,)"
                        R"("pending":["20240101000002"],"pending_total":1}})"
                        "\n",
                        Json::parse(text_of({}, 0))["dunlin"].get<std::string>()));
}

// What is in the history counts, whether there is a file or not.
TEST(RunSummary, HasWhatTheHistoryHas) {
  Status status;
  status.rows = {row("1", MigrationState::missing), row("2", MigrationState::applied), row("3", MigrationState::failed),
                 row("4", MigrationState::pending), row("5", MigrationState::held),    row("6", MigrationState::ahead),
                 row("", MigrationState::pending)};
  const Json json = Json::parse(text_of({.status = status}, 7));
  EXPECT_EQ(json["current"], "6");
  EXPECT_EQ(json["applied"], Json({"6", "2", "1"}));
  EXPECT_EQ(json["pending"], Json({"4", "R"}));
  EXPECT_EQ(json["pending_total"], 2);
}

TEST(RunSummary, SaysNothingOfADatabaseThatNobodyCouldAsk) {
  const Json json = Json::parse(text_of({.status = std::nullopt, .error = "nobody listens"}, 6));
  EXPECT_EQ(json["outcome"], "failed");
  EXPECT_EQ(json["exit_code"], 6);
  EXPECT_EQ(json["error"], "nobody listens");
  EXPECT_EQ(json.size(), 4U);
}

TEST(RunSummary, OfAnEmptyDatabaseHasNoCurrentVersion) {
  const Json json = Json::parse(text_of({.status = status_of(0, 0)}, 0));
  EXPECT_TRUE(json["current"].is_null());
  EXPECT_EQ(json["applied"], Json::array());
  EXPECT_FALSE(json.contains("error"));
  EXPECT_FALSE(json.contains("dry_run"));
}

TEST(RunSummary, OfADryRunSaysSo) {
  EXPECT_EQ(Json::parse(text_of({.dry_run = true, .status = status_of(0, 1)}, 0))["dry_run"], true);
}

TEST(RunSummary, KeepsWhatIsNearestToTheCurrentVersion) {
  for (const auto& [applied, pending] : {std::pair{5'000, 0}, {5'000, 2}, {3, 5'000}, {5'000, 5'000}}) {
    const RunSummary summary{.status = status_of(applied, pending), .error = std::string(5'000, 'e')};
    for (const int exit_code : {0, 1}) {
      const std::string text = text_of(summary, exit_code);
      // Full, but for less than another version.
      EXPECT_LE(text.size(), kLargestSummary);
      EXPECT_GT(text.size(), kLargestSummary - 40);
      const Json json = Json::parse(text);
      EXPECT_EQ(json["applied_total"], applied);
      EXPECT_EQ(json["pending_total"], pending);
      for (std::size_t i = 0; i < json["applied"].size(); ++i)
        EXPECT_EQ(json["applied"][i], fmt::format("{}", 20240101000000 + applied - 1 - static_cast<int>(i)));
      for (std::size_t i = 0; i < json["pending"].size(); ++i)
        EXPECT_EQ(json["pending"][i], fmt::format("{}", 20240101000000 + applied + static_cast<int>(i)));
      EXPECT_EQ(json["pending"].size(), pending == 2 ? 2U : json["pending"].size());
      EXPECT_EQ(json["applied"].size(), applied == 3 ? 3U : json["applied"].size());
    }
  }
}

// Whatever stands in the history, and whatever the server says.
TEST(RunSummary, IsNeverLarger) {
  const std::vector<std::string> texts{std::string(3'000, 'x'),
                                       std::string(3'000, '"'),
                                       std::string(3'000, '\\'),
                                       std::string(3'000, '\1'),
                                       std::string(3'000, '\xff'),
                                       [] {
                                         std::string birds;
                                         for (int i = 0; i < 1'000; ++i) birds += "🐦";
                                         return birds;
                                       }()};
  for (const std::string& version : texts) {
    for (const std::string& error : texts) {
      Status status = status_of(200, 200);
      status.rows.push_back(row(version, MigrationState::ahead));
      status.rows.push_back(row(version, MigrationState::pending));
      const std::string text = text_of({.dry_run = true, .status = status, .error = error}, 143);
      EXPECT_LE(text.size(), kLargestSummary);
      EXPECT_FALSE(find_invalid_utf8(text));
      const Json json = Json::parse(text);
      EXPECT_EQ(json["applied_total"], 201);
      const std::string shown = json["error"];
      EXPECT_THAT(shown, EndsWith("…"));
      EXPECT_GT(json["error"].dump().size(), 850U);
    }
  }
}

TEST(RunSummary, CutsAnErrorBetweenCharactersAndAfterMasking) {
  SecretSet secrets;
  secrets.add("long-secret");
  for (std::size_t before = 860; before < 900; ++before) {
    const RunSummary summary{.error = std::string(before, 'x') + "long-secret" + std::string(900, 'y')};
    const std::string text = summary_document(summary, 1, secrets);
    EXPECT_THAT(text, Not(HasSubstr("xl")));
  }
  const Json json = Json::parse(summary_document({.error = "no: postgres://u:long-secret@db/app"}, 6, secrets));
  EXPECT_EQ(json["error"], "no: postgres://u:***@db/app");
}

TEST(RunSummary, AnErrorIsOneParagraph) {
  Error error{.kind = ErrorKind::sql,
              .message = "column \"a\" does not exist",
              .hint = "correct the file",
              .where = {.file = "migrations/1_x.sql", .line = 4, .column = 28},
              .sqlstate = "42703",
              .server_detail = "Failing row contains (secret row)."};
  error.cause = std::make_shared<const Error>(Error{.message = "something before"});
  EXPECT_EQ(error_paragraph(error),
            "column \"a\" does not exist (42703), migrations/1_x.sql:4:28: something before. Next: correct the file");
  EXPECT_EQ(error_paragraph({.message = "no"}), "no");
}

TEST(RunSummary, IsWrittenInPlace) {
  std::string folder = (std::filesystem::temp_directory_path() / "dunlin-summary-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/termination-log";
  write_summary(path, "a longer first one");
  std::filesystem::create_hard_link(path, folder + "/other");
  write_summary(path, "second");
  EXPECT_EQ(std::filesystem::file_size(folder + "/other"), 6U);
  std::filesystem::remove_all(folder);
  EXPECT_THAT(test::error_of([&] { write_summary(path, "third"); }).message,
              StartsWith("cannot write " + path + ": No such file"));
  EXPECT_EQ(test::error_of([] { write_summary("/dev/full", "text"); }).kind, ErrorKind::io);
}

}  // namespace
}  // namespace dunlin::cli
