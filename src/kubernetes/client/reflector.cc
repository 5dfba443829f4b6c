#include "kubernetes/client/reflector.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "kubernetes/client/object.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Big lists come in pages, so that one page is all that is ever in memory.
constexpr int kPage = 500;
constexpr milliseconds kFirstPause{800};
constexpr milliseconds kLongestPause{30'000};
constexpr auto kForgiveAfter = 2min;
// A kind that is not there may come: somebody installs Argo Rollouts.
constexpr milliseconds kUnavailablePause{60'000};
// A watch that ends at once and says nothing is a broken one.
constexpr auto kShortestWatch = 1s;
// Beyond the time after which the server ends a watch itself.
constexpr auto kWatchLeeway = 30s;

std::size_t between(std::size_t least, std::size_t most) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<std::size_t>{least, most}(random);
}

}  // namespace

Reflector::Reflector(ApiClient& api, ReflectorTarget target, ReflectorSink& sink, const Interrupt& interrupt,
                     std::function<void(const std::string&)> on_problem, Clock& clock)
    : api_(api),
      target_(std::move(target)),
      sink_(sink),
      interrupt_(interrupt),
      on_problem_(std::move(on_problem)),
      clock_(clock),
      pause_(kFirstPause),
      quiet_since_(clock.now()) {}

void Reflector::run() {
  Next next = Next::list;
  while (!interrupt_.requested()) {
    try {
      next = next == Next::list || version_.empty() ? list() : watch();
    } catch (const Failure& failure) {
      if (failure.error().kind == ErrorKind::interrupted) return;
      problem(failure.what());
      next = Next::pause;
    }
    if (next == Next::pause || next == Next::long_pause) pause(next);
  }
}

Reflector::Next Reflector::list() {
  version_.clear();
  std::string next_page;
  sink_.list_begins();
  do {
    std::string query = fmt::format("limit={}", kPage);
    if (!next_page.empty()) query += "&continue=" + query_text(next_page);
    const ApiAnswer answer = api_.get(path(query));
    // A list that took too long has to begin anew.
    if (answer.gone()) return Next::pause;
    if (!answer.ok()) return refused(answer);
    const Json& page = answer.document;
    for (const Json& item : kubernetes::list(field(page, "items"))) sink_.listed(item);
    next_page = text(field(page, "metadata", "continue"));
    if (next_page.empty()) version_ = resource_version_of(page);
  } while (!next_page.empty());
  sink_.list_ends();
  return Next::watch;
}

Reflector::Next Reflector::watch() {
  const auto seconds = between(300, 600);
  const auto began = clock_.now();
  ApiStream stream = api_.open_stream(path(fmt::format(
      "watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}", query_text(version_), seconds)));
  if (stream.refusal()) return stream.refusal()->gone() ? Next::list : refused(*stream.refusal());
  bool told = false;
  while (const auto line = stream.next_line(std::chrono::seconds(seconds) + kWatchLeeway)) {
    const Json event = Json::parse(*line, nullptr, false);
    if (event.is_discarded()) {
      problem("the API server's watch broke off in the middle of a line");
      return Next::pause;
    }
    told = true;
    if (const Next next = take(event); next != Next::watch) return next;
  }
  return !told && clock_.now() - began < kShortestWatch ? Next::pause : Next::watch;
}

Reflector::Next Reflector::take(const Json& event) {
  const std::string& type = text(field(event, "type"));
  const Json& object = field(event, "object");
  if (type == "ERROR") {
    const ApiAnswer answer{
        .code = static_cast<unsigned>(integer(field(object, "code"))), .document = object, .retry_after = {}};
    if (answer.gone()) return Next::list;
    return refused(answer);
  }
  if (type == "ADDED" || type == "MODIFIED") sink_.changed(object);
  if (type == "DELETED") sink_.removed(object);
  if (const std::string& version = resource_version_of(object); !version.empty()) version_ = version;
  return Next::watch;
}

Reflector::Next Reflector::refused(const ApiAnswer& answer) {
  const std::string& words = text(field(answer.document, "message"));
  problem(words.empty() ? fmt::format("the API server answers {}", answer.code) : words);
  at_least_ = answer.retry_after.value_or(0s);
  if (answer.code != 403 && answer.code != 404) return Next::pause;
  version_.clear();
  sink_.unavailable(answer);
  // A server that has just started forbids everything for a moment.
  return answer.code == 403 ? Next::pause : Next::long_pause;
}

// Full jitter above the first pause: replicas that lost one server do not come back in step.
void Reflector::pause(Next how) {
  if (how == Next::long_pause) {
    clock_.sleep(kUnavailablePause + milliseconds(between(0, 30'000)), &interrupt_);
    return;
  }
  if (clock_.now() - quiet_since_ > kForgiveAfter) pause_ = kFirstPause;
  quiet_since_ = clock_.now();
  const milliseconds jitter(between(0, static_cast<std::size_t>(pause_.count())));
  clock_.sleep(std::max(pause_ + jitter, std::exchange(at_least_, milliseconds{0})), &interrupt_);
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void Reflector::problem(const std::string& text) {
  if (on_problem_) on_problem_(fmt::format("{}: {}", target_.resource.plural, text));
}

std::string Reflector::path(std::string_view query) const {
  std::string path = fmt::format("{}?{}", path_of(target_.resource, target_.name_space), query);
  if (!target_.label_selector.empty()) path += "&labelSelector=" + query_text(target_.label_selector);
  return path;
}

}  // namespace dunlin::kubernetes
