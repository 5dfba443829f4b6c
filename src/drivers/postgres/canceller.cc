#include "drivers/postgres/canceller.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "drivers/postgres/identity.h"

namespace dunlin::postgres {
namespace {

constexpr std::chrono::milliseconds kRepeat{100};
constexpr std::chrono::milliseconds kBeforeTerminating{3'000};
constexpr std::chrono::milliseconds kLeaveWithin{1'000};

struct CancelDeleter {
  void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
};

void terminate(const Parameters& parameters, const BackendId& backend) {
  Parameters second = parameters;
  second.set("connect_timeout", "2");
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : second.all()) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* connection = PQconnectdbParams(keywords.data(), values.data(), 0);
  if (PQstatus(connection) == CONNECTION_OK) PQclear(PQexec(connection, terminate_sql(backend).c_str()));
  PQfinish(connection);
}

}  // namespace

struct Canceller::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool stop = false;
  bool ended = false;
  std::unique_ptr<PGcancel, CancelDeleter> cancel;
  Parameters parameters;
  BackendId backend;

  bool pause() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kRepeat, [&] { return stop; });
  }

  void work() {
    const SteadyTime started = std::chrono::steady_clock::now();
    bool terminated = backend.pid == 0;
    char why[256];
    do {
      if (cancel) PQcancel(cancel.get(), why, sizeof why);
      if (!terminated && std::chrono::steady_clock::now() - started >= kBeforeTerminating) {
        terminate(parameters, backend);
        terminated = true;
      }
    } while (!pause());
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }
};

Canceller::Canceller(const Connection& connection, const BackendId& backend) : state_(std::make_shared<State>()) {
  state_->cancel.reset(PQgetCancel(connection.raw()));
  state_->parameters = connection.parameters();
  state_->backend = backend;
  // Detached: a request that hangs in an unreachable network must not keep the process from ending in time. The state
  // is shared, so that such a thread outlives us safely.
  std::thread([state = state_] { state->work(); }).detach();
}

Canceller::~Canceller() {
  std::unique_lock lock(state_->mutex);
  state_->stop = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, kLeaveWithin, [&] { return state_->ended; });
}

}  // namespace dunlin::postgres
