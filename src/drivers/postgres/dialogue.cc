#include "drivers/postgres/dialogue.h"

#include "drivers/postgres/answer_reader.h"
#include "sql/traits.h"

namespace dunlin::postgres {
namespace {

// What needs --write: 25006, and outside of a block 25001 where only a block keeps a statement from writing.
void explain_refusal(Answer& answer, bool ours) {
  if (!answer.error) return;
  Error& error = *answer.error;
  if (error.sqlstate == "25001" && ours) {
    error.message = "this statement may change the database, and the console only reads: " + error.message;
  } else if (error.sqlstate != "25006" && error.sqlstate != "25001") {
    return;
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
      ask(opens ? "BEGIN READ ONLY; SELECT 1" : "SET TRANSACTION READ ONLY; SELECT 1", nullptr, nullptr, nullptr);
  if (guarded.error) return guarded;
  Answer answer = ask(text, &statement, &interrupt, &sink);
  explain_refusal(answer, opens);
  if (!opens || answer.lost) return answer;
  const bool failed = transaction() == TransactionState::failed;
  Answer ended = ask(failed ? "ROLLBACK" : "COMMIT", nullptr, nullptr, nullptr);
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
  return AnswerReader(connection, link_->expendable_backend(), place, interrupt, sink).read();
}

}  // namespace dunlin::postgres
