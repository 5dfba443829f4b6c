#include "drivers/postgres/pipeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "drivers/postgres/errors.h"
#include "drivers/postgres/monitor.h"

namespace dunlin::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostStatements = 256;
constexpr std::size_t kMostBytes = 1024 * 1024;
// The server holds its answers back until 8 KB of them or a Flush request: without these the window would stand still.
constexpr std::size_t kFlushStatements = 64;
constexpr std::size_t kFlushBytes = 256 * 1024;
// What libpq may collect before it is written to the socket.
constexpr std::size_t kWriteBytes = 8 * 1024;
constexpr milliseconds kTick{250};
constexpr milliseconds kTolerance{2'000};
// After the first cancel request; the process itself has to be gone within five seconds of its signal.
constexpr milliseconds kGiveUp{4'500};

}  // namespace

Row copy_row(const PGresult* result, int number) {
  const int columns = PQnfields(result);
  Row row;
  row.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) {
    if (PQgetisnull(result, number, column) != 0) {
      row.emplace_back();
    } else {
      row.emplace_back(std::in_place, PQgetvalue(result, number, column), PQgetlength(result, number, column));
    }
  }
  return row;
}

Pipeline::Pipeline(Connection& connection, const BackendId& backend, const Watch& watch, Recipient& recipient)
    : connection_(connection),
      backend_(backend),
      watch_(watch),
      recipient_(recipient),
      last_answer_(steady_clock::now()),
      next_tick_(last_answer_ + kTick) {
  if (!connection_.usable()) {
    halt_ = Halt::lost;
    note_lost({}, {});
    return;
  }
  PQsetNoticeReceiver(connection_.raw(), &Pipeline::receive_notice, this);
}

Pipeline::~Pipeline() {
  if (connection_.raw() == nullptr) return;
  PQsetNoticeReceiver(connection_.raw(), [](void*, const PGresult*) {}, nullptr);
  // Left in the middle of a series (an exception): the answers would be taken for those of the next one.
  if (!sent_.empty()) connection_.close();
}

void Pipeline::receive_notice(void* self, const PGresult* result) noexcept {
  try {
    const char* file = PQresultErrorField(result, PG_DIAG_SOURCE_FILE);
    const std::string_view source = file != nullptr ? file : "";
    const bool from_parser = source == "scansup.c" || source == "scan.l" || source == "gram.y";
    static_cast<Pipeline*>(self)->notices_.push_back({server_notice(result, {}), from_parser});
  } catch (...) {
    // Out of memory inside a C callback: a notice is lost, nothing else.
    return;
  }
}

void Pipeline::deliver_notices(const Entry* to, const Entry* from_parser_to) {
  for (auto& [notice, from_parser] : notices_) {
    // A server that ends an idle session says why in what libpq takes for a notice.
    if (notice.severity == "FATAL") note_lost(notice.message, {});
    const Entry* entry = from_parser && from_parser_to != nullptr && !from_parser_to->sync ? from_parser_to : to;
    recipient_.notice(entry != nullptr && !entry->sync ? &entry->ticket : nullptr, std::move(notice));
  }
  notices_.clear();
}

void Pipeline::note_lost(std::string_view said, std::string sqlstate) {
  if (!lost_because_) lost_because_ = lost_error(said, std::move(sqlstate));
}

bool Pipeline::send(const std::string& sql, const Ticket& ticket) {
  check_interrupt();
  while (accepting() && !sent_.empty() &&
         (sent_.size() >= kMostStatements || unanswered_bytes_ + sql.size() > kMostBytes)) {
    if (unrequested_ > 0) request_flush();
    pump();
  }
  if (!accepting()) return false;
  if (PQsendQueryParams(connection_.raw(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0) {
    on_lost();
    return false;
  }
  sent_.push_back({.ticket = ticket, .bytes = sql.size()});
  unanswered_bytes_ += sql.size();
  unflushed_bytes_ += sql.size();
  unrequested_bytes_ += sql.size();
  if (++unrequested_ >= kFlushStatements || unrequested_bytes_ >= kFlushBytes) request_flush();
  if (unflushed_bytes_ >= kWriteBytes) {
    PQflush(connection_.raw());
    unflushed_bytes_ = 0;
  }
  return true;
}

void Pipeline::request_flush() {
  if (connection_.usable()) PQsendFlushRequest(connection_.raw());
  unrequested_ = unrequested_bytes_ = 0;
}

void Pipeline::sync() {
  if (!connection_.usable()) return;
  if (PQpipelineSync(connection_.raw()) == 0) {
    on_lost();
    return;
  }
  sent_.push_back({.sync = true});
  ++syncs_;
  unrequested_ = unrequested_bytes_ = 0;
}

Halt Pipeline::finish() {
  // An interrupt sends its own Sync.
  if (connection_.usable() && halt_ != Halt::lost && syncs_ == 0) sync();
  while (syncs_ > 0 && halt_ != Halt::lost && connection_.usable()) pump();
  canceller_.reset();
  const Halt result = halt_;
  if (halt_ == Halt::refused) halt_ = Halt::none;
  return result;
}

// Waits once, for whatever comes first.
void Pipeline::pump() {
  if (PQflush(connection_.raw()) < 0) {
    on_lost();
    return;
  }
  unflushed_bytes_ = 0;
  absorb();
  if (sent_.empty() || halt_ == Halt::lost) return;
  check_patience();
  check_interrupt();
  if (!connection_.usable()) return;
  const bool writing = PQflush(connection_.raw()) == 1;
  const Interrupt* interrupt = canceller_ == nullptr && !tolerant_ ? watch_.interrupt : nullptr;
  const int also = watch_.monitor != nullptr ? watch_.monitor->socket() : -1;
  const Wake wake = connection_.wait(writing, interrupt, next_tick_, also);
  if (wake.readable && PQconsumeInput(connection_.raw()) == 0) {
    on_lost();
    return;
  }
  absorb();
  const SteadyTime now = steady_clock::now();
  if (now >= next_tick_) {
    if (watch_.observer != nullptr) watch_.observer->tick();
    next_tick_ = now + kTick;
  }
  if (watch_.monitor != nullptr && !sent_.empty()) watch_.monitor->attend(watch_, now - last_answer_);
}

void Pipeline::absorb() {
  while (!sent_.empty() && halt_ != Halt::lost && take(false)) {
  }
}

// Takes one result, if it is in; `forced` also where libpq says that none is, because none can come any more.
bool Pipeline::take(bool forced) {
  Entry& front = sent_.front();
  if (!front.started) {
    // Has to be asked for after the result before and before the first of this one.
    if (!front.sync && !recipient_.keeps_rows()) PQsetSingleRowMode(connection_.raw());
    front.started = true;
  }
  const bool busy = PQisBusy(connection_.raw()) != 0;
  // libpq reads on while it looks: behind the last result of a statement stands what the next one's parsing has to say.
  deliver_notices(front.complete ? next_entry() : &front, busy ? &front : next_entry());
  if (busy && !forced) return false;
  Result result(PQgetResult(connection_.raw()));
  const bool one_row = result && PQresultStatus(result.get()) == PGRES_SINGLE_TUPLE;
  deliver_notices(one_row ? &front : next_entry(), nullptr);
  take_result(std::move(result));
  return true;
}

void Pipeline::take_result(Result result) {
  last_answer_ = steady_clock::now();
  Entry& front = sent_.front();
  if (!result) {
    // Only its own result ends a sync: the server has ended the session in its place, behind all that it answered.
    if (front.sync) {
      note_lost(PQerrorMessage(connection_.raw()), {});
      give_up();
      return;
    }
    // The null that separates one statement's results from the next one's.
    unanswered_bytes_ -= front.bytes;
    sent_.pop_front();
    return;
  }
  switch (PQresultStatus(result.get())) {
    case PGRES_SINGLE_TUPLE: recipient_.row(front.ticket, result.get(), 0); break;
    case PGRES_TUPLES_OK:
      for (int row = 0; row < PQntuples(result.get()); ++row) recipient_.row(front.ticket, result.get(), row);
      [[fallthrough]];
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      front.complete = true;
      recipient_.answered(front.ticket, result.get());
      break;
    case PGRES_PIPELINE_SYNC:
      // No null follows this one.
      sent_.pop_front();
      --syncs_;
      break;
    case PGRES_PIPELINE_ABORTED: front.complete = true; break;
    case PGRES_FATAL_ERROR:
      front.complete = true;
      if (is_fatal(result.get()) || sqlstate_of(result.get()).empty() || !connection_.usable()) {
        const char* primary = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
        note_lost(primary != nullptr ? primary : PQresultErrorMessage(result.get()), sqlstate_of(result.get()));
        // libpq's own trouble (no memory, a broken stream): nothing that follows could be trusted.
        if (!is_fatal(result.get()) && connection_.usable()) give_up();
      } else if (!lost_because_) {
        if (halt_ == Halt::none) halt_ = Halt::refused;
        recipient_.refused(front.ticket, result.get());
      }
      break;
    default:
      // COPY to or from the client: libpq cannot leave pipeline mode any more, so the connection is of no use.
      note_lost("a COPY to or from the client cannot be run", {});
      give_up();
      break;
  }
}

void Pipeline::on_lost() {
  if (halt_ == Halt::lost) return;
  // What came in before the end still counts: a COMMIT may be among it.
  absorb();
  for (int tries = 0; !sent_.empty() && !connection_.usable() && connection_.raw() != nullptr && tries < 16; ++tries) {
    const std::size_t before = sent_.size();
    take(true);
    if (lost_because_ && sent_.size() == before) break;
  }
  const char* said = connection_.raw() != nullptr ? PQerrorMessage(connection_.raw()) : "";
  note_lost(said, {});
  give_up();
}

void Pipeline::give_up() {
  for (const Entry& entry : sent_) {
    if (!entry.sync && !entry.complete) unanswered_.push_back(entry.ticket);
  }
  sent_.clear();
  syncs_ = 0;
  unanswered_bytes_ = 0;
  halt_ = Halt::lost;
  connection_.close();
}

void Pipeline::check_patience() {
  if (watch_.answer_timeout.count() == 0) return;
  if (watch_.interrupt != nullptr && watch_.interrupt->requested()) {
    note_lost("it was not waited for any longer", {});
  } else if (steady_clock::now() - last_answer_ >= watch_.answer_timeout) {
    note_lost(fmt::format("no answer within {}", format_duration(watch_.answer_timeout)), {});
  } else {
    return;
  }
  give_up();
}

void Pipeline::check_interrupt() {
  if (watch_.interrupt == nullptr || halt_ == Halt::lost || !watch_.interrupt->requested()) return;
  // Nothing is cancelled for those who leave at once.
  if (watch_.answer_timeout.count() > 0) return;
  const SteadyTime now = steady_clock::now();
  if (canceller_ != nullptr) {
    if (now >= give_up_at_) {
      note_lost("the server did not stop in time after the interrupt", {});
      give_up();
    }
    return;
  }
  if (tolerant_) {
    if (honour_interrupt_from_ == SteadyTime{}) honour_interrupt_from_ = now + kTolerance;
    if (now < honour_interrupt_from_) return;
  }
  // An error that came first stays the reason; what is on its way behind it is skipped by the server anyway.
  if (halt_ == Halt::none) halt_ = Halt::interrupted;
  if (sent_.empty()) return;
  give_up_at_ = now + kGiveUp;
  if (syncs_ == 0) sync();
  PQflush(connection_.raw());
  canceller_ = std::make_unique<Canceller>(connection_, backend_);
}

}  // namespace dunlin::postgres
