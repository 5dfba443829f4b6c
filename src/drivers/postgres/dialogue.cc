#include "drivers/postgres/dialogue.h"

#include "drivers/postgres/answer_reader.h"
#include "drivers/postgres/reading_only.h"
#include "sql/tokens.h"
#include "sql/traits.h"

namespace dunlin::postgres {
namespace {

// SET TRANSACTION ISOLATION LEVEL and DEFERRABLE, however they are set.
bool sets_isolation(std::string_view text) {
  const std::string capitals = sql::capitals_of(text);
  return capitals.find("ISOLATION") != std::string::npos || capitals.find("DEFERRABLE") != std::string::npos;
}

// What to type in a console, where server_error() says what to do about a migration.
void advise(Error& error, std::string_view text) {
  if (error.sqlstate == "25001" && sets_isolation(text)) {
    error.hint = "it comes behind a query: BEGIN ISOLATION LEVEL SERIALIZABLE says it in time";
  } else if (error.sqlstate == "25001" || error.sqlstate == "2D000") {
    error.hint = "run it outside of a transaction: COMMIT or ROLLBACK first";
  } else if (error.sqlstate == "55P04") {
    error.hint = "a value added to an enum can be used only after its transaction: COMMIT first";
  } else if (error.sqlstate == "55P03") {
    error.hint = "run it again when the lock is free";
  }
}

// What needs --write: 25006, and where only a block keeps a statement from writing 25001 and, of CALL, 2D000. `ours`:
// the block is.
void explain_refusal(Answer& answer, std::string_view text, bool ours) {
  if (!answer.error) return;
  Error& error = *answer.error;
  const bool in_block = (error.sqlstate == "25001" && !sets_isolation(text)) || (error.sqlstate == "2D000" && ours);
  if (error.sqlstate != "25006" && !in_block) return;
  if (in_block && ours) {
    error.message = "this statement may change the database, and the console only reads: " + error.message;
  }
  error.kind = ErrorKind::safety;
  error.hint = "dunlin shell --write";
}

}  // namespace

PostgresDialogue::PostgresDialogue(std::unique_ptr<Link> link) : link_(std::move(link)) {
  PQexitPipelineMode(link_->connection.raw());
  PQsetNoticeReceiver(link_->connection.raw(), &PostgresDialogue::receive_notice, this);
}

void PostgresDialogue::receive_notice(void* self, const PGresult* result) {
  const auto& options = static_cast<PostgresDialogue*>(self)->link_->options;
  if (options.on_notice) options.on_notice(server_notice(result, {}));
}

TransactionState PostgresDialogue::transaction() const {
  if (!link_->connection.usable()) return TransactionState::none;
  switch (PQtransactionStatus(link_->connection.raw())) {
    case PQTRANS_INTRANS:
    case PQTRANS_ACTIVE: return TransactionState::open;
    case PQTRANS_INERROR: return TransactionState::failed;
    default: return TransactionState::none;
  }
}

Answer PostgresDialogue::run(const SourceStatement& statement, const Interrupt& interrupt, RowSink& sink) {
  if (link_->options.read_only) return read_only(statement, interrupt, sink);
  return ask(std::string(statement.text), &statement, &interrupt, &sink);
}

Answer PostgresDialogue::read_only(const SourceStatement& statement, const Interrupt& interrupt, RowSink& sink) {
  if (auto refused = refused_by_word(statement.text, link_->server.version)) {
    Answer answer;
    answer.error = std::move(refused);
    return answer;
  }
  const std::string text(statement.text);
  const TransactionState before = transaction();
  if (before == TransactionState::failed) return ask(text, &statement, &interrupt, &sink);
  const bool opens = before == TransactionState::none;
  // BEGIN, COMMIT and ROLLBACK touch nothing by themselves; what follows them is guarded again.
  if (opens && sql::classify(Dialect::postgres, statement.text).transaction != sql::TransactionWord::none) {
    return ask(text, &statement, &interrupt, &sink);
  }
  // The snapshot makes it final.
  Answer guarded =
      ask(opens ? "BEGIN READ ONLY; SELECT 1" : "SET TRANSACTION READ ONLY; SELECT 1", nullptr, &interrupt, nullptr);
  if (guarded.error) return guarded;
  Answer answer = ask(text, &statement, &interrupt, &sink);
  explain_refusal(answer, statement.text, opens);
  if (!opens || answer.lost) return answer;
  const bool failed = transaction() == TransactionState::failed;
  Answer ended = ask(failed ? "ROLLBACK" : "COMMIT", nullptr, &interrupt, nullptr);
  if (ended.lost || (ended.error && !answer.error)) {
    answer.error = std::move(ended.error);
    answer.lost = ended.lost;
  }
  return answer;
}

// A statement of the person's goes as one message that can hold one statement only, whatever its quotes pretend.
Answer PostgresDialogue::ask(const std::string& sql, const SourceStatement* statement, const Interrupt* interrupt,
                             RowSink* sink) {
  Connection& connection = link_->connection;
  Answer lost;
  lost.lost = true;
  lost.error = lost_error("there is no connection");
  if (!connection.usable()) return lost;
  const int sent = statement != nullptr
                       ? PQsendQueryParams(connection.raw(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0)
                       : PQsendQuery(connection.raw(), sql.c_str());
  if (sent == 0) {
    lost.error = lost_error(PQerrorMessage(connection.raw()));
    connection.close();
    return lost;
  }
  PQsetSingleRowMode(connection.raw());
  const StatementPlace place =
      statement != nullptr ? StatementPlace{statement->text, statement->where} : StatementPlace{};
  Answer answer = AnswerReader(connection, link_->expendable_backend(), place, interrupt, sink).read();
  if (answer.error && statement != nullptr) advise(*answer.error, statement->text);
  return answer;
}

}  // namespace dunlin::postgres
