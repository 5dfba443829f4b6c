#include <gtest/gtest.h>

#include "sql/statement_reader.h"
#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

TEST(Protocol, Rule1_16_ServerPositionsBecomePlacesInTheFile) {
  const auto statements = split(Dialect::postgres, "-- é\n\tSELECT 'é',\n\tx\n FROM t;", 1, 5);
  ASSERT_EQ(statements.size(), 1U);
  struct Place {
    int position, line, column;
  };
  for (const Place& expected : {Place{1, 6, 2},
                                {2, 6, 3},
                                {8, 6, 9},
                                {9, 6, 10},
                                {10, 6, 11},
                                {13, 7, 1},
                                {14, 7, 2},
                                {16, 8, 1},
                                {17, 8, 2},
                                {0, 6, 2},
                                {-3, 6, 2},
                                {1000, 8, 8}}) {
    SCOPED_TRACE(expected.position);
    const SourcePosition place = position_in_file(statements[0], "m.sql", expected.position);
    EXPECT_EQ(place.file, "m.sql");
    EXPECT_EQ(place.line, expected.line);
    EXPECT_EQ(place.column, expected.column);
  }
}

std::string line(std::string_view text, int number, int first_line = 1, std::size_t chunk = 1 << 20) {
  TextReader reader(text, chunk);
  return line_text(reader, number, first_line);
}

TEST(LineText, FindsTheLine) {
  for (const std::size_t chunk : {1U, 3U, 1U << 20}) {
    EXPECT_EQ(line("a\nb c\r\n\nd", 1, 1, chunk), "a");
    EXPECT_EQ(line("a\nb c\r\n\nd", 2, 1, chunk), "b c");
    EXPECT_EQ(line("a\nb c\r\n\nd", 3, 1, chunk), "");
    EXPECT_EQ(line("a\nb c\r\n\nd", 4, 1, chunk), "d");
    EXPECT_EQ(line("a\nb c\r\n\nd", 5, 1, chunk), "");
    EXPECT_EQ(line("a\nb", 11, 10, chunk), "b");
    EXPECT_EQ(line("\xEF\xBB\xBFx", 1, 1, chunk), "x");
  }
}

TEST(LineText, HidesPasswordsAndCutsLongLines) {
  EXPECT_EQ(line("SELECT 1;\nALTER ROLE x PASSWORD 'abc';", 2), "ALTER ROLE x PASSWORD '***';");
  const std::string shown = line(std::string(1999, 'x') + "éé" + std::string(50'000, 'y') + "\nz", 1, 1, 1000);
  EXPECT_EQ(shown, std::string(1999, 'x'));
  EXPECT_EQ(line(std::string(50'000, 'y') + "\nz", 2, 1, 1000), "z");
}

}  // namespace
}  // namespace dunlin::sql
