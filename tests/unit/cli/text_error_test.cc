#include "cli/render/text_error.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/printable.h"
#include "base/utf8.h"
#include "cli/render/text_report.h"

namespace dunlin::cli {
namespace {

using testing::HasSubstr;

TEST(TextError, TheCaretStandsUnderWideCharactersToo) {
  Error error{.message = "no", .where = {.file = "f.sql", .line = 12, .column = 12, .length = 3}};
  error.line_text = "SELECT '漢字', foo";
  EXPECT_EQ(render_error(error, Paint(false)),
            "error: no\n"
            "  f.sql:12:12\n"
            "   12 | SELECT '漢字', foo\n"
            "      |              ^~~\n");
}

TEST(TextError, ATabIsOneColumn) {
  Error error{.message = "no", .where = {.file = "f.sql", .line = 1, .column = 2, .length = 3}, .line_text = "\tfoo"};
  EXPECT_THAT(render_error(error, Paint(false)), HasSubstr("    1 |  foo\n      |  ^~~\n"));
}

TEST(TextError, OfALongLineThePartAroundTheCaretIsShown) {
  Error error{.message = "no", .where = {.file = "f.sql", .line = 1, .column = 1001, .length = 4}};
  error.line_text = std::string(1000, 'a') + "here" + std::string(1000, 'b');
  std::istringstream lines(render_error(error, Paint(false)));
  std::string source;
  std::string caret;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    1 |")) source = line;
    if (line.starts_with("      |")) caret = line;
    EXPECT_LT(display_width(line), 130U);
  }
  const auto at = caret.find('^');
  EXPECT_EQ(caret.substr(at), "^~~~");
  // The ellipsis before it is three bytes and one column.
  EXPECT_EQ(source.substr(at + 2, 4), "here");
}

TEST(TextError, WhatTheServerAddsAndWhatLedToItStandBelow) {
  Error error{.message = "no",
              .statement = "INSERT\n  INTO a",
              .sqlstate = "23505",
              .server_detail = "one\ntwo",
              .server_hint = "try"};
  error.cause = std::make_shared<const Error>(Error{.message = "the cable"});
  EXPECT_EQ(render_error(error, Paint(false)),
            "error: no (23505)\n"
            "  statement: INSERT INTO a\n"
            "  detail: one\n"
            "          two\n"
            "  hint: try\n"
            "  because: the cable\n");
}

TEST(TextError, ControlCharactersOfOthersAreMadeVisible) {
  EXPECT_EQ(printable("a\x1b[31mb\x07\x7f"), "a\\x1b[31mb\\x07\\x7f");
  EXPECT_EQ(printable("a\r\nb\rc"), "a\nb\\rc");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(one_line("  a \n\t b  "), "a b");
}

FailedStep failed_step(bool remains, bool resumable) {
  return {.version = {"7", "7"},
          .name = "x",
          .error = {.kind = ErrorKind::sql, .message = "no"},
          .remains = remains,
          .resumable = resumable};
}

TEST(TextReport, SaysWhatRemainsAndWhatToTypeNext) {
  const auto text = [](bool remains, bool resumable) {
    return render_problem({.outcome = Outcome::failed, .failed = failed_step(remains, resumable), .planned = 2},
                          Direction::up, Paint(false));
  };
  EXPECT_THAT(text(false, false), HasSubstr("Nothing of 7 remains"));
  EXPECT_THAT(text(false, false), HasSubstr("0 of 2 were applied."));
  EXPECT_THAT(text(true, true), HasSubstr("the next run goes on from there"));
  EXPECT_THAT(text(true, false), HasSubstr("Next: dunlin resolve 7"));
}

TEST(TextReport, SaysWhatAnotherRunnerDid) {
  Report report{
      .outcome = Outcome::applied, .planned = 2, .duration = std::chrono::seconds(1), .at_version = {"7", "7"}};
  report.applied = {{.version = {"6", "6"}, .by_another = true}, {.version = {"7", "7"}}};
  report.pending_left = 3;
  EXPECT_EQ(
      render_summary(report, Direction::up),
      "Applied 2 migrations in 1.0 s. The schema is at 7. 1 of them was applied by another runner meanwhile. Still "
      "pending: 3.\n");
}

}  // namespace
}  // namespace dunlin::cli
