#include "history/line_endings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "history/sqlx.h"

namespace dunlin::history {
namespace {

std::string digest_of(const std::string& text) {
  return sqlx().checksum(Script::from_text(text, "x"));
}

ChecksumMatch compare(const std::string& file, const std::string& recorded) {
  return sqlx().compare(Script::from_text(file, "x"), digest_of(recorded));
}

const std::string kBom = "\xEF\xBB\xBF";

TEST(LineEndings, AnUnchangedFileIsTheSame) {
  EXPECT_EQ(compare("a;\nb;\n", "a;\nb;\n"), ChecksumMatch::same);
  EXPECT_EQ(compare("", ""), ChecksumMatch::same);
}

TEST(LineEndings, EverySpellingOfATextIsKnownAgain) {
  std::vector<std::string> spellings;
  for (const std::string& mark : {std::string(), kBom}) {
    for (const std::string& end : {std::string("\n"), std::string("\r\n")}) {
      for (int newlines = 0; newlines <= 2; ++newlines) {
        std::string text = mark + "CREATE TABLE t (" + end + "  id int" + end + ");";
        for (int i = 0; i < newlines; ++i) text += end;
        spellings.push_back(text);
      }
    }
  }
  for (const std::string& file : spellings) {
    for (const std::string& recorded : spellings) {
      EXPECT_EQ(compare(file, recorded), file == recorded ? ChecksumMatch::same : ChecksumMatch::whitespace_only)
          << testing::PrintToString(file) << " recorded as " << testing::PrintToString(recorded);
    }
  }
}

TEST(LineEndings, MixedEndingsInTheFileAreKnownAgain) {
  EXPECT_EQ(compare("a\r\nb\nc\r\n", "a\nb\nc\n"), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare("a\r\nb\nc\r\n", "a\r\nb\r\nc"), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare("a\r\nb\nc\r\n", "a\r\nb\nc"), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare("a\r\nb\nc", kBom + "a\r\nb\nc\r\n"), ChecksumMatch::whitespace_only);
}

TEST(LineEndings, EverythingElseIsDifferent) {
  EXPECT_EQ(compare("a;\nb;\n", "a;\nc;\n"), ChecksumMatch::different);
  EXPECT_EQ(compare("a; \n", "a;\n"), ChecksumMatch::different) << "a space at the end of a line may be data";
  EXPECT_EQ(compare("a\rb", "ab"), ChecksumMatch::different) << "a lone CR is no line ending";
  EXPECT_EQ(compare("a\rb", "a\nb"), ChecksumMatch::different);
  EXPECT_EQ(compare("a\n\nb", "a\nb"), ChecksumMatch::different);
  EXPECT_EQ(compare("", "a"), ChecksumMatch::different);
  EXPECT_EQ(sqlx().compare(Script::from_text("a", "x"), ""), ChecksumMatch::different);
}

TEST(LineEndings, EmptyFilesAndLoneMarks) {
  EXPECT_EQ(compare("", "\n"), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare(kBom, ""), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare("\xEF\xBB", ""), ChecksumMatch::different);
}

TEST(LineEndings, ALineEndingMayFallBetweenTwoReadings) {
  // The reader hands out 64 KB at a time: the CR is the last byte of one, the LF the first of the next.
  const std::string head(64 * 1024 - 1, 'x');
  EXPECT_EQ(compare(head + "\r\ntail\r\n", head + "\ntail\n"), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare(head + "\rtail\n", head + "\rtail"), ChecksumMatch::whitespace_only);
  EXPECT_EQ(compare(head + "\r", head + "\r\n"), ChecksumMatch::whitespace_only);
}

TEST(LineEndings, AFileThatIsGoneIsDifferentAndNoFailure) {
  const Script gone = Script::from_file("/nonexistent/1_x.sql", "1_x.sql");
  EXPECT_EQ(sqlx().compare(gone, digest_of("x")), ChecksumMatch::different);
  EXPECT_THROW(sqlx().checksum(gone), Failure);
}

}  // namespace
}  // namespace dunlin::history
