#include "server/metrics_file.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/descriptor.h"
#include "dunlin/error.h"
#include "net/http_client.h"

namespace dunlin::server {
namespace {

using namespace std::chrono_literals;

// A run does not wait for longer, for a file that others write in a millisecond.
constexpr auto kLockPatience = 5'000ms;
constexpr auto kLockPause = 20ms;

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw Failure(ErrorKind::io, fmt::format("{}: the metrics {}: {}", path, what, std::strerror(errno)));
}

// Held by whoever changes the file; beside it, because the file itself is replaced.
class FileLock {
 public:
  explicit FileLock(const std::string& path)
      : file_(open((path + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (file_.number() < 0) fail(path, "cannot be written");
    for (auto waited = 0ms; flock(file_.number(), LOCK_EX | LOCK_NB) != 0; waited += kLockPause) {
      if (errno != EWOULDBLOCK || waited >= kLockPatience) fail(path, "cannot be written");
      std::this_thread::sleep_for(kLockPause);
    }
  }

 private:
  Descriptor file_;
};

std::string exposition_of(const RunMetricsByDatabase& all) {
  Exposition exposition;
  write_build_info(exposition);
  std::map<std::string_view, double> pending;
  for (const auto& [database, metrics] : all) pending[database] = metrics.pending;
  write_pending(exposition, pending);
  write_run_metrics(exposition, all);
  return exposition.text();
}

// RFC 4648, section 5: what a Pushgateway takes for values with a slash.
std::string url_safe_base64(std::string_view text) {
  std::string encoded = encode_base64(text);
  for (char& c : encoded) c = c == '+' ? '-' : (c == '/' ? '_' : c);
  return encoded;
}

}  // namespace

RunMetricsByDatabase load_metrics(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT) return {};
    fail(path, "cannot be read");
  }
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return read_run_metrics(text.str());
  } catch (const Failure& failure) {
    throw Failure(failure.error().kind, fmt::format("{}: {}", path, failure.error().message),
                  "give dunlin a file of its own, or remove this one");
  }
}

void add_to_metrics_file(const std::string& path, const std::string& database, const RunMetrics& run) {
  const FileLock lock(path);
  RunMetricsByDatabase all = load_metrics(path);
  all[database].add(run);
  // Of a name that nobody can have prepared.
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(mkstemp(temporary.data()));
  const std::string text = exposition_of(all);
  const bool written = file.number() >= 0 && fchmod(file.number(), 0644) == 0 &&
                       write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return;
  const int why = errno;
  if (file.number() >= 0) unlink(temporary.c_str());
  errno = why;
  fail(path, "cannot be written");
}

void push_metrics(std::string_view gateway, const std::string& database, const RunMetrics& run,
                  const Interrupt* interrupt) {
  while (gateway.ends_with('/')) gateway.remove_suffix(1);
  const std::string url = fmt::format("{}/metrics/job/dunlin/database@base64/{}", gateway, url_safe_base64(database));
  const std::string body = exposition_of({{database, run}});
  // POST leaves what this run does not know: when the last success was.
  const auto answer = net::http_call(
      {.method = "POST", .url = url, .content_type = kExpositionType, .body = body, .interrupt = interrupt});
  if (answer.status >= 300) {
    const std::string_view said =
        std::string_view(answer.body).substr(0, std::min<std::size_t>(answer.body.find('\n'), 200));
    throw Failure(ErrorKind::connect,
                  fmt::format("the gateway answered {}{}{}", answer.status, said.empty() ? "" : ": ", said));
  }
}

}  // namespace dunlin::server
