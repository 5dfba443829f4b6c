// Scripts of any bytes. Whatever they hold: statements stand in the script where they say, in order; how the script is
// read in chunks changes nothing; and what reads statements (classifier, masks, positions) takes every one of them.
//
// The first byte chooses the size of the chunks, and with its lowest bit the dialect.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "fuzz/require.h"
#include "sql/mask.h"
#include "sql/outline.h"
#include "sql/statement_reader.h"
#include "sql/traits.h"
#include "unit/sql/text_reader.h"

namespace {

using dunlin::Dialect;
using dunlin::Error;
using dunlin::ErrorKind;
using dunlin::Failure;
using dunlin::sql::Statement;
using dunlin::sql::StatementReader;
using dunlin::sql::TextReader;

struct Reading {
  std::vector<Statement> statements;
  std::optional<Error> error;
};

Reading read(Dialect dialect, std::string_view script, std::size_t chunk) {
  Reading reading;
  TextReader text(script, chunk);
  StatementReader reader(dialect, text, "m.sql");
  try {
    while (auto statement = reader.next()) reading.statements.push_back(std::move(*statement));
  } catch (const Failure& failure) {
    reading.error = failure.error();
  }
  return reading;
}

void compare(const Reading& a, const Reading& b) {
  require(a.statements.size() == b.statements.size(), "chunks do not change the number of statements");
  for (std::size_t k = 0; k < a.statements.size(); ++k) {
    require(a.statements[k].text == b.statements[k].text, "chunks do not change a statement");
    require(a.statements[k].offset == b.statements[k].offset, "chunks do not change an offset");
    require(a.statements[k].line == b.statements[k].line, "chunks do not change a line");
    require(a.statements[k].column == b.statements[k].column, "chunks do not change a column");
  }
  require(a.error.has_value() == b.error.has_value(), "chunks do not change the outcome");
  if (!a.error) return;
  require(a.error->message == b.error->message, "chunks do not change the error");
  require(a.error->where.line == b.error->where.line, "chunks do not change the error's line");
  require(a.error->where.column == b.error->where.column, "chunks do not change the error's column");
  require(a.error->line_text == b.error->line_text, "chunks do not change the line shown");
}

void check_statement(Dialect dialect, std::string_view script, const Statement& statement) {
  require(!statement.text.empty(), "no statement is empty");
  require(script.substr(statement.offset, statement.text.size()) == statement.text,
          "a statement is a piece of the script");
  require(statement.line >= 1 && statement.column >= 1, "places count from 1");
  const auto before = script.substr(0, statement.offset);
  require(statement.line == 1 + std::count(before.begin(), before.end(), '\n'), "the line is the one in the file");
  const dunlin::sql::Traits traits = dunlin::sql::classify(dialect, statement.text);
  require(!(traits.refused_in_transaction && traits.transaction != dunlin::sql::TransactionWord::none),
          "a transaction's word is not refused in a transaction");
  const auto end = static_cast<int>(dunlin::count_code_points(statement.text));
  require(position_in_file(statement, "m.sql", end).line >= statement.line, "positions go forward");
  require(dunlin::count_code_points(dunlin::sql::mask_line(statement.text)) == static_cast<std::size_t>(end),
          "a masked line keeps its columns");
  dunlin::sql::mask_literals(statement.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Dialect dialect = (data[0] & 1) != 0 ? Dialect::sqlite : Dialect::postgres;
  const std::size_t chunk = 1 + (data[0] >> 1);
  const std::string script(reinterpret_cast<const char*>(data) + 1, size - 1);

  const Reading whole = read(dialect, script, script.size() + 1);
  compare(whole, read(dialect, script, chunk));

  std::uint64_t end = 0;
  for (const Statement& statement : whole.statements) {
    require(statement.offset >= end, "statements follow each other");
    end = statement.offset + statement.text.size();
    check_statement(dialect, script, statement);
  }
  if (whole.error) {
    require(whole.error->kind == ErrorKind::source, "what is wrong is wrong with the file");
    require(whole.error->where.line >= 1 && whole.error->where.column >= 1, "an error has its place");
    require(!whole.error->hint.empty(), "an error has a hint");
  }

  TextReader text(script, chunk);
  try {
    const auto outline = dunlin::sql::outline(dialect, text, "m.sql", 1);
    require(outline.statements <= whole.statements.size(), "an outline has no statements of its own");
  } catch (const Failure& failure) {
    require(whole.error && whole.error->message == failure.error().message, "an outline fails as the reader does");
  }
  return 0;
}
