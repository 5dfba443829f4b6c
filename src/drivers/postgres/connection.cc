#include "drivers/postgres/connection.h"

#include <algorithm>
#include <new>
#include <optional>

#include <fmt/format.h>
#include <poll.h>

#include "drivers/postgres/connect_error.h"
#include "drivers/postgres/url.h"

namespace dunlin::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Descriptors {
  int socket = -1;
  short events = 0;
  const Interrupt* interrupt = nullptr;
  int also = -1;
};

// poll() itself; returns the events of the socket. EINTR counts as a wake-up.
Wake poll_once(const Descriptors& on, SteadyTime until) {
  pollfd waiting[3];
  nfds_t count = 0;
  waiting[count++] = {on.socket, on.events, 0};
  const nfds_t interrupt_at = count;
  if (on.interrupt != nullptr) waiting[count++] = {on.interrupt->descriptor(), POLLIN, 0};
  if (on.also >= 0) waiting[count++] = {on.also, POLLIN, 0};
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
  const int ready = ::poll(waiting, count, static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
  Wake wake;
  if (ready <= 0) return wake;
  wake.readable = (waiting[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0;
  wake.writable = (waiting[0].revents & POLLOUT) != 0;
  wake.interrupted = on.interrupt != nullptr && (waiting[interrupt_at].revents & POLLIN) != 0;
  return wake;
}

[[noreturn]] void interrupted() {
  throw Failure(ErrorKind::interrupted, "interrupted while connecting to the database");
}

// libpq tries the hosts of a list one after the other, but never leaves one that does not answer at all when it is
// polled. So the hosts up to the silent one are taken off the list. Empty: none is left.
std::optional<Parameters> without_silent_host(const Parameters& parameters, PGconn* connection) {
  const char* silent = PQhost(connection);
  std::string hosts = parameters.get("host");
  std::string ports = parameters.get("port");
  if (silent == nullptr || hosts.find(',') == std::string::npos || parameters.has("hostaddr")) return std::nullopt;
  const bool port_list = ports.find(',') != std::string::npos;
  while (true) {
    const auto comma = hosts.find(',');
    if (comma == std::string::npos) return std::nullopt;
    const std::string first = hosts.substr(0, comma);
    const std::string first_port = ports.substr(0, ports.find(','));
    hosts.erase(0, comma + 1);
    if (port_list) ports.erase(0, std::min(ports.find(',') + 1, ports.size()));
    if (first == silent && (!port_list || first_port == PQport(connection))) break;
  }
  Parameters rest = parameters;
  rest.set("host", hosts);
  if (port_list) rest.set("port", ports);
  return rest;
}

}  // namespace

PGconn* start_connecting(const Parameters& parameters) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters.all()) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* connection = PQconnectStartParams(keywords.data(), values.data(), 0);
  if (connection == nullptr) throw std::bad_alloc();
  // A refused connection has no result to ask for its SQLSTATE: only the verbose text carries it.
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  return connection;
}

Connection Connection::open(const Parameters& parameters, milliseconds timeout, const Interrupt* interrupt) {
  if (interrupt != nullptr && interrupt->requested()) interrupted();
  Connection opened(start_connecting(parameters), parameters);
  PGconn* raw = opened.raw();
  const SteadyTime until = steady_clock::now() + timeout;
  PostgresPollingStatusType next = PQstatus(raw) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const Wake wake = poll_once({PQsocket(raw), events, interrupt}, until);
    if (wake.interrupted) interrupted();
    if (wake.readable || wake.writable) {
      next = PQconnectPoll(raw);
    } else if (steady_clock::now() >= until) {
      if (const auto rest = without_silent_host(parameters, raw)) return open(*rest, timeout, interrupt);
      throw Failure(connect_timeout_error(describe(parameters), timeout));
    }
  }
  if (next == PGRES_POLLING_FAILED) {
    throw Failure(connect_error(PQerrorMessage(raw), describe(parameters), PQconnectionNeedsPassword(raw) != 0));
  }
  PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
  if (PQsetnonblocking(raw, 1) != 0) throw Failure(ErrorKind::internal, "libpq refused non-blocking mode");
  return opened;
}

Wake Connection::wait(bool for_writing, const Interrupt* interrupt, SteadyTime until, int also) const {
  const short events = static_cast<short>(POLLIN | (for_writing ? POLLOUT : 0));
  return poll_once({PQsocket(raw()), events, interrupt, also}, until);
}

}  // namespace dunlin::postgres
