#include "drivers/postgres/monitor.h"

#include <cstdlib>

#include <fmt/format.h>
#include <poll.h>

#include "drivers/postgres/connect_error.h"
#include "drivers/postgres/monitor_sql.h"
#include "drivers/postgres/url.h"

namespace dunlin::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Early enough to be connected and to have seen the blocker before a lock timeout of one second ends the wait.
constexpr milliseconds kFirstLook{500};
constexpr milliseconds kLookEvery{1'000};
// Once connected, looking costs little: a retry after a lock timeout shows its blocker well before the next timeout.
constexpr milliseconds kLookAgain{300};
constexpr milliseconds kConnectWithin{5'000};

bool is_writable(int socket) {
  pollfd one{.fd = socket, .events = POLLOUT, .revents = 0};
  return ::poll(&one, 1, 0) > 0;
}

}  // namespace

Monitor::Monitor(const Connection& main, const BackendId& backend, int server_version)
    : main_(main), backend_(backend), version_(server_version) {}

Monitor::~Monitor() = default;

int Monitor::socket() const noexcept {
  const bool reads = phase_ == Phase::asking || (phase_ == Phase::connecting && polling_ == PGRES_POLLING_READING);
  return reads ? PQsocket(connection_.get()) : -1;
}

void Monitor::attend(const Watch& watch, std::chrono::nanoseconds silence) {
  if (watch.observer == nullptr || watch.step == nullptr) return;
  switch (phase_) {
    case Phase::off: return;
    case Phase::closed:
      if (silence >= kFirstLook) connect(watch);
      return;
    case Phase::connecting: continue_connecting(watch); return;
    case Phase::idle:
      if (silence >= kLookAgain && steady_clock::now() >= next_question_) ask();
      return;
    case Phase::asking: collect(watch); return;
  }
}

void Monitor::connect(const Watch& watch) {
  Parameters parameters = main_.parameters();
  // The very server we work on, also when the list has several.
  if (const char* host = PQhost(main_.raw()); host != nullptr && *host != '\0') {
    parameters.set("host", host);
    parameters.erase("hostaddr");
  }
  if (const char* port = PQport(main_.raw()); port != nullptr && *port != '\0') parameters.set("port", port);
  parameters.set("application_name", "dunlin monitor");
  connection_.reset(start_connecting(parameters));
  polling_ = PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  began_ = steady_clock::now();
  phase_ = Phase::connecting;
  if (polling_ == PGRES_POLLING_WRITING) continue_connecting(watch);
}

void Monitor::continue_connecting(const Watch& watch) {
  // A server nearby lets us write at once; what is to be read wakes the caller.
  do {
    if (polling_ == PGRES_POLLING_READING || polling_ == PGRES_POLLING_WRITING)
      polling_ = PQconnectPoll(connection_.get());
  } while (polling_ == PGRES_POLLING_WRITING && is_writable(PQsocket(connection_.get())));
  if (polling_ == PGRES_POLLING_OK) {
    PQsetnonblocking(connection_.get(), 1);
    // What is of no interest here, and must never reach stderr.
    PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
    phase_ = Phase::idle;
    ask();
  } else if (polling_ == PGRES_POLLING_FAILED) {
    turn_off(watch, connect_error(PQerrorMessage(connection_.get()), describe(main_.parameters()),
                                  PQconnectionNeedsPassword(connection_.get()) != 0)
                        .message);
  } else if (steady_clock::now() - began_ > kConnectWithin) {
    turn_off(watch, "the server did not answer");
  }
}

void Monitor::ask() {
  std::string sql = blocked_sql(backend_.pid) + ";" + progress_sql(backend_.pid, version_);
  if (lock_) sql += ";" + waiters_sql(*lock_);
  next_question_ = steady_clock::now() + kLookEvery;
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    phase_ = Phase::off;
    return;
  }
  PQflush(connection_.get());
  phase_ = Phase::asking;
}

void Monitor::collect(const Watch& watch) {
  PQflush(connection_.get());
  if (PQconsumeInput(connection_.get()) == 0) {
    turn_off(watch, "its connection broke");
    return;
  }
  while (PQisBusy(connection_.get()) == 0) {
    const Result result(PQgetResult(connection_.get()));
    if (!result) {
      phase_ = Phase::idle;
      return;
    }
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
      report(watch, result.get());
    } else if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      const char* why = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
      turn_off(watch, why != nullptr ? why : "its query failed");
      return;
    }
  }
}

void Monitor::report(const Watch& watch, const PGresult* result) {
  if (PQntuples(result) == 0) return;
  const std::string_view kind = PQgetvalue(result, 0, 0);
  if (kind == "blocked") report_blockers(watch, result);
  if (kind == "progress") report_progress(watch, result);
  if (kind == "waiter") report_waiters(watch, result);
}

void Monitor::report_blockers(const Watch& watch, const PGresult* result) {
  std::vector<Blocker> blockers;
  for (int row = 0; row < PQntuples(result); ++row) blockers.push_back(read_blocker(result, row, 3));
  watch.observer->statement_blocked(*watch.step, lock_mode_words(PQgetvalue(result, 0, 1)), PQgetvalue(result, 0, 2),
                                    blockers);
}

void Monitor::report_progress(const Watch& watch, const PGresult* result) {
  ServerProgress progress;
  progress.command = PQgetvalue(result, 0, 1);
  progress.phase = PQgetvalue(result, 0, 2);
  progress.done = std::strtoull(PQgetvalue(result, 0, 3), nullptr, 10);
  progress.total = std::strtoull(PQgetvalue(result, 0, 4), nullptr, 10);
  watch.observer->server_progress(*watch.step, progress);
}

void Monitor::report_waiters(const Watch& watch, const PGresult* result) {
  for (int row = 0; row < PQntuples(result); ++row) {
    const Blocker waiter = read_blocker(result, row, 1);
    if (!reported_waiters_.insert(waiter.pid).second) continue;
    Diagnostic diagnostic;
    diagnostic.severity = Severity::warning;
    diagnostic.code = "lock-waiter";
    diagnostic.message = fmt::format(
        "pid {} (\"{}\") began to wait for the migration lock inside the server; the running statement may be chosen "
        "as "
        "the victim of that deadlock",
        waiter.pid, waiter.application);
    diagnostic.hint = fmt::format("stop it: SELECT pg_cancel_backend({})", waiter.pid);
    watch.observer->diagnostic(diagnostic);
  }
}

void Monitor::turn_off(const Watch& watch, const std::string& why) {
  phase_ = Phase::off;
  connection_.reset();
  Diagnostic diagnostic;
  diagnostic.severity = Severity::note;
  diagnostic.code = "no-monitor";
  diagnostic.message = fmt::format("blockers and progress cannot be shown: {}", why);
  diagnostic.hint = "allow the role a second connection";
  watch.observer->diagnostic(diagnostic);
}

}  // namespace dunlin::postgres
