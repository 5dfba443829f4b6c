#include "drivers/postgres/answer_reader.h"

namespace dunlin::postgres {
namespace {

using std::chrono::steady_clock;

// Longer than it takes the canceller to end the server process.
constexpr std::chrono::seconds kGiveUp{6};
constexpr std::chrono::seconds kGiveUpOurs{2};
constexpr std::chrono::seconds kLook{1};

// The types whose values are not just text; their numbers never change (pg_type.dat).
CellKind kind_of(Oid type) {
  switch (type) {
    case 16: return CellKind::boolean;
    case 20:    // int8
    case 21:    // int2
    case 23:    // int4
    case 26:    // oid
    case 700:   // float4
    case 701:   // float8
    case 1700:  // numeric
      return CellKind::number;
    case 114:   // json
    case 3802:  // jsonb
      return CellKind::json;
    default: return CellKind::text;
  }
}

Cell cell_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  const CellKind kind = kind_of(PQftype(result, column));
  if (kind == CellKind::boolean) return {kind, text == "t" ? "true" : "false"};
  return {kind, text};
}

}  // namespace

AnswerReader::AnswerReader(Connection& connection, const BackendId& backend, const StatementPlace& place,
                           const Interrupt* interrupt, RowSink* sink)
    : connection_(connection), backend_(backend), place_(place), interrupt_(interrupt), sink_(sink) {}

Answer AnswerReader::read() {
  const SteadyTime began = steady_clock::now();
  while (connection_.usable()) {
    while (connection_.usable() && PQisBusy(connection_.raw()) != 0) wait();
    if (connection_.raw() == nullptr) break;
    const Result result(PQgetResult(connection_.raw()));
    if (!result) break;
    take(result.get());
  }
  if (connection_.raw() != nullptr && !connection_.usable()) lose(PQerrorMessage(connection_.raw()), {});
  answer_.took = steady_clock::now() - began;
  if (canceller_ && answer_.error && answer_.error->sqlstate == "57014") answer_.error = interrupted_error();
  return std::move(answer_);
}

void AnswerReader::wait() {
  const bool writing = PQflush(connection_.raw()) == 1;
  const Wake wake = connection_.wait(writing, give_up_at_ ? nullptr : interrupt_, steady_clock::now() + kLook);
  if (wake.readable && PQconsumeInput(connection_.raw()) == 0) return lose(PQerrorMessage(connection_.raw()), {});
  if (interrupt_ != nullptr && interrupt_->requested()) stop();
  if (give_up_at_ && steady_clock::now() >= *give_up_at_) lose("the server did not stop in time", {});
}

void AnswerReader::stop() {
  if (sink_ != nullptr) return cancel();
  if (!give_up_at_) give_up_at_ = steady_clock::now() + kGiveUpOurs;
}

void AnswerReader::cancel() {
  if (canceller_) return;
  canceller_ = std::make_unique<Canceller>(connection_, backend_);
  give_up_at_ = steady_clock::now() + kGiveUp;
}

void AnswerReader::take(const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
      if (sink_ != nullptr && !has_columns_) {
        std::vector<std::string> names;
        for (int column = 0; column < PQnfields(result); ++column) names.emplace_back(PQfname(result, column));
        sink_->columns(names);
      }
      has_columns_ = true;
      for (int row = 0; row < PQntuples(result); ++row) take_row(result, row);
      answer_.tag = PQcmdStatus(const_cast<PGresult*>(result));
      break;
    case PGRES_COMMAND_OK: answer_.tag = PQcmdStatus(const_cast<PGresult*>(result)); break;
    case PGRES_COPY_OUT: drain_copy(); break;
    case PGRES_COPY_IN:
      copy_refused_ = true;
      PQputCopyEnd(connection_.raw(), "dunlin shell has no data for it");
      break;
    case PGRES_FATAL_ERROR:
      if (is_fatal(result) || sqlstate_of(result).empty() || !connection_.usable()) {
        const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        return lose(primary != nullptr ? primary : PQresultErrorMessage(result), sqlstate_of(result));
      }
      if (!answer_.error) answer_.error = server_error(result, place_);
      if (copy_refused_) {
        answer_.error->message = "COPY ... FROM STDIN needs data from a client, and this console sends none";
        answer_.error->hint = "use INSERT, or \\copy of psql";
      }
      break;
    default: break;
  }
}

void AnswerReader::take_row(const PGresult* result, int number) {
  if (sink_ == nullptr || canceller_) return;
  cells_.clear();
  for (int column = 0; column < PQnfields(result); ++column) cells_.push_back(cell_of(result, number, column));
  if (!sink_->row(cells_)) cancel();
  if (interrupt_ != nullptr && interrupt_->requested()) cancel();
}

void AnswerReader::drain_copy() {
  while (connection_.usable()) {
    char* data = nullptr;
    const int size = PQgetCopyData(connection_.raw(), &data, 1);
    if (size > 0) {
      const bool wanted = canceller_ || sink_ == nullptr || sink_->copied({data, static_cast<std::size_t>(size)});
      PQfreemem(data);
      if (!wanted) cancel();
    } else if (size == 0) {
      wait();
    } else {
      return;
    }
  }
}

void AnswerReader::lose(std::string_view said, std::string sqlstate) {
  if (!answer_.lost) answer_.error = lost_error(said, std::move(sqlstate));
  answer_.lost = true;
  connection_.close();
}

}  // namespace dunlin::postgres
