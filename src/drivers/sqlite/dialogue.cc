#include "drivers/sqlite/dialogue.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "drivers/sqlite/errors.h"
#include "drivers/sqlite/opening.h"
#include "drivers/sqlite/reading_only.h"
#include "drivers/sqlite/session.h"
#include "sql/quote.h"
#include "sql/traits.h"

namespace dunlin::sqlite {
namespace {

Answer interrupted_answer() {
  Answer answer;
  answer.error = Failure(ErrorKind::interrupted, "interrupted").error();
  return answer;
}

// A row's cells and the bytes behind them.
class RowReader {
 public:
  std::span<const Cell> read(const Statement& statement) {
    const auto columns = static_cast<std::size_t>(statement.columns());
    texts_.resize(columns);
    cells_.assign(columns, Cell{});
    for (std::size_t column = 0; column < columns; ++column) take(statement, column);
    return cells_;
  }

 private:
  void take(const Statement& statement, std::size_t column) {
    const int type = statement.type(static_cast<int>(column));
    if (type == SQLITE_NULL) return;
    std::string text = statement.text(static_cast<int>(column)).value_or("");
    texts_[column] = type == SQLITE_BLOB ? sql::quote_bytes(Dialect::sqlite, text) : std::move(text);
    const bool number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    cells_[column] = {number ? CellKind::number : CellKind::text, texts_[column]};
  }

  std::vector<std::string> texts_;
  std::vector<Cell> cells_;
};

bool changes_rows(std::string_view command) {
  return command == "INSERT" || command == "UPDATE" || command == "DELETE" || command == "REPLACE";
}

}  // namespace

SqliteDialogue::SqliteDialogue(Location location, const SessionOptions& options)
    : location_(std::move(location)), options_(options), server_(describe(location_)) {
  if (options_.interrupt == nullptr) options_.interrupt = &never_;
  connect(false);
}

// A database with a write-ahead log that nobody has open is read without making its side files, which is safe for one
// statement; a transaction has to be seen by writers.
void SqliteDialogue::connect(bool for_transaction) {
  if (!options_.read_only) {
    connection_ = open_to_write(location_, options_);
    return;
  }
  Reader reader = open_to_read(location_, options_);
  if (!reader.keep && for_transaction && file_exists(location_)) {
    reader = {std::make_unique<Connection>(location_, Access::read_only, options_), true};
  }
  connection_ = std::move(reader.connection);
  keep_ = reader.keep;
  let_only_read(connection_->handle());
}

TransactionState SqliteDialogue::transaction() const {
  return connection_ && connection_->in_transaction() ? TransactionState::open : TransactionState::none;
}

Answer SqliteDialogue::run(const SourceStatement& statement, const Interrupt& interrupt, RowSink& sink) {
  const sql::Traits traits = sql::classify(Dialect::sqlite, statement.text);
  const bool opens = traits.transaction == sql::TransactionWord::begin || traits.command == "SAVEPOINT";
  if (!keep_ && !connection_->in_transaction()) connect(opens);
  connection_->waiting().set_interrupt(&interrupt);
  connection_->start_clock();
  Answer result = answer(statement, sink);
  result.took = connection_->elapsed();
  connection_->waiting().set_interrupt(options_.interrupt);
  if (result.error) return result;
  result.tag = traits.command;
  if (changes_rows(traits.command)) {
    result.tag += fmt::format(" {}", sqlite3_changes64(connection_->handle()));
  }
  return result;
}

Answer SqliteDialogue::answer(const SourceStatement& statement, RowSink& sink) {
  Statement prepared;
  if (prepared.prepare(*connection_, statement.text) != SQLITE_OK) return failed(statement);
  const int columns = prepared.columns();
  if (columns > 0) {
    std::vector<std::string> names;
    for (int column = 0; column < columns; ++column) names.push_back(prepared.column_name(column));
    sink.columns(names);
  }
  RowReader reader;
  int code = SQLITE_ROW;
  while ((code = prepared.step()) == SQLITE_ROW) {
    if (!sink.row(reader.read(prepared)) || connection_->waiting().interrupted()) {
      return interrupted_answer();
    }
  }
  if (code != SQLITE_DONE) return failed(statement);
  return {};
}

Answer SqliteDialogue::failed(const SourceStatement& statement) const {
  Answer result;
  result.error = error_of(*connection_, statement, nullptr);
  const int code = sqlite3_errcode(connection_->handle());
  if ((code & 0xff) == SQLITE_INTERRUPT || (retryable(code) && connection_->waiting().interrupted())) {
    return interrupted_answer();
  }
  if (options_.read_only && ((code & 0xff) == SQLITE_AUTH || (code & 0xff) == SQLITE_READONLY)) {
    result.error->kind = ErrorKind::safety;
    result.error->message = "this statement may change the database, and the console only reads";
    result.error->hint = "dunlin shell --write";
  }
  return result;
}

}  // namespace dunlin::sqlite
