#include "shell/quote_state.h"

#include <random>

#include <gmock/gmock.h>

#include "dunlin/script.h"
#include "sql/statement_reader.h"

namespace dunlin::shell {
namespace {

// What the statement reader says of the whole text; nothing where it found a mistake.
std::optional<bool> read_inside(Dialect dialect, const std::string& text) {
  const auto script = Script::from_text(text, {}).open();
  sql::StatementReader reader(dialect, *script, {});
  try {
    while (reader.next()) {
    }
  } catch (const Failure&) {
    if (!reader.ended_inside()) return std::nullopt;
    return true;
  }
  return false;
}

TEST(QuoteState, SaysWhatTheStatementReaderSays) {
  const std::vector<std::string> pieces{"'",  "''", "\"", "$$", "$a$", "E'", "e'", "x'",  "a$", "1$$",     "--", "/*",
                                        "*/", "\n", "\n", " ",  "a",   "1",  "-",  "*",   "/",  "[",       "]",  "`",
                                        ";",  "(",  ")",  "\r", "\\'", "$",  "$a", "U&'", "N'", "\xc3\xa4"};
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same texts every time
  for (const Dialect dialect : {Dialect::postgres, Dialect::sqlite}) {
    int compared = 0;
    for (int round = 0; round < 5'000; ++round) {
      QuoteState state(dialect);
      std::string text;
      for (int line = 0; line < 4; ++line) {
        std::string added;
        for (auto left = random() % 7; left > 0; --left) added += pieces[random() % pieces.size()];
        added += '\n';
        state.take(added);
        text += added;
        const auto expected = read_inside(dialect, text);
        if (!expected) break;
        ++compared;
        ASSERT_EQ(state.inside(), *expected) << text;
      }
    }
    EXPECT_GT(compared, 2'000);
  }
}

TEST(QuoteState, SeesWhatMayEndAStatement) {
  QuoteState state(Dialect::postgres);
  EXPECT_TRUE(state.take("SELECT 1;\n"));
  EXPECT_FALSE(state.take("-- ;\n /* ;\n"));
  EXPECT_FALSE(state.take("; */ ';' \";\" $$;$$ E'\\';'\n"));
  EXPECT_TRUE(state.take("\\q\n"));
}

}  // namespace
}  // namespace dunlin::shell
