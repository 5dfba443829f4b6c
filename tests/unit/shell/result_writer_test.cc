#include "shell/result_writer.h"

#include <gmock/gmock.h>

namespace dunlin::shell {
namespace {

const Cell kNull{};
Cell text(std::string_view value) {
  return {CellKind::text, value};
}
Cell number(std::string_view value) {
  return {CellKind::number, value};
}

std::string shown(const Look& look, const std::vector<std::string>& names, const std::vector<std::vector<Cell>>& rows) {
  std::string output;
  const auto writer = make_writer(look, [&](std::string_view piece) {
    output += piece;
    return true;
  });
  writer->columns(names);
  for (const auto& row : rows) writer->row(row);
  writer->finish();
  return output;
}

TEST(Table, NumbersStandToTheRightAndNullIsSeen) {
  EXPECT_EQ(shown({}, {"id", "name"}, {{number("7"), text("Jo")}, {number("12"), kNull}}),
            " id | name\n"
            "----+--------\n"
            "  7 | Jo\n"
            " 12 | (null)\n"
            "(2 rows)\n");
}

TEST(Table, AValueOfSeveralLinesIsContinued) {
  EXPECT_EQ(shown({}, {"a", "b"}, {{text("x\nyy"), number("1")}}),
            " a  | b\n"
            "----+---\n"
            " x +| 1\n"
            " yy |  \n"
            "(1 row)\n");
}

TEST(Table, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_THAT(shown({}, {"a\x1b"}, {{text("\x1b[2J\x07")}}), testing::Not(testing::HasSubstr("\x1b")));
}

TEST(Table, WideCharactersKeepTheColumnsStraight) {
  EXPECT_EQ(shown({}, {"a", "b"}, {{text("日本"), text("x")}, {text("ab"), text("y")}}),
            " a    | b\n"
            "------+---\n"
            " 日本 | x\n"
            " ab   | y\n"
            "(2 rows)\n");
}

TEST(Table, WhatIsWiderThanTheTerminalIsExpanded) {
  const Look look{.format = Format::automatic, .columns = 20};
  EXPECT_THAT(shown(look, {"a", "b"}, {{text("0123456789"), text("0123456789")}}), testing::HasSubstr("-[ 1 ]-"));
  EXPECT_THAT(shown(look, {"a", "b"}, {{text("0"), text("1")}}), testing::HasSubstr(" a | b"));
}

TEST(Table, AnyNumberOfRowsIsWrittenAsItComes) {
  std::size_t written = 0;
  const auto writer = make_writer({}, [&](std::string_view piece) {
    written += piece.size();
    return true;
  });
  const std::vector<std::string> names{"a"};
  writer->columns(names);
  const std::vector<Cell> row{text("x")};
  for (int i = 0; i < 5'000; ++i) writer->row(row);
  EXPECT_GT(written, 3u * 4'000);
}

TEST(Expanded, EachValueHasALine) {
  EXPECT_EQ(shown({.format = Format::expanded}, {"id", "name"}, {{number("7"), text("a\nb")}}),
            "-[ 1 ]----------------------------------\n"
            "id   | 7\n"
            "name | a\n"
            "     | b\n"
            "(1 row)\n");
}

TEST(Csv, NullAndTheEmptyTextDiffer) {
  EXPECT_EQ(shown({.format = Format::csv}, {"a", "b,c"}, {{kNull, text("")}, {text("say \"x\""), number("1")}}),
            "a,\"b,c\"\n,\"\"\n\"say \"\"x\"\"\",1\n");
}

TEST(Csv, RowsOnlyHaveNoHead) {
  EXPECT_EQ(shown({.format = Format::csv, .rows_only = true}, {"a"}, {{text("x")}}), "x\n");
}

TEST(Json, TypesStayWhatTheyAre) {
  EXPECT_EQ(
      shown({.format = Format::json}, {"a", "a", "b", "c", "d"},
            {{number("1.50"), number("NaN"), {CellKind::boolean, "true"}, {CellKind::json, "{\"x\":[1]}"}, kNull}}),
      "[\n  {\"a\": 1.50, \"a_2\": \"NaN\", \"b\": true, \"c\": {\"x\":[1]}, \"d\": null}\n]\n");
}

TEST(Json, NoRowsAreAnEmptyArray) {
  EXPECT_EQ(shown({.format = Format::json}, {"a"}, {}), "[]\n");
}

}  // namespace
}  // namespace dunlin::shell
