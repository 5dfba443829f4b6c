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
// A server that starts does not know the kinds of others yet: what we saw is not forgotten at once.
constexpr auto kGoneAfter = 30s;
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
    std::string query = fmt::format("limit={}", in_pages_ ? kPage : 0);
    if (!next_page.empty()) query += "&continue=" + query_text(next_page);
    const ApiAnswer answer = api_.get(path(query));
    if (answer.gone()) {
      // A list that took too long has to begin anew, and would take as long again.
      in_pages_ = false;
      return Next::pause;
    }
    if (!answer.ok()) return refused(answer);
    const Json& page = answer.document;
    for (const Json& item : kubernetes::list(field(page, "items"))) sink_.listed(item);
    next_page = text(field(page, "metadata", "continue"));
    if (next_page.empty()) version_ = resource_version_of(page);
  } while (!next_page.empty());
  sink_.list_ends();
  in_pages_ = true;
  known_ = true;
  absent_since_.reset();
  if (!version_.empty()) return Next::watch;
  problem("the API server's list has no resourceVersion");
  return Next::pause;
}

Reflector::Next Reflector::watch() {
  const auto seconds = between(300, 600);
  const auto began = clock_.now();
  ApiStream stream = api_.open_stream(path(fmt::format(
      "watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}", query_text(version_), seconds)));
  if (stream.refusal()) return watch_refused(*stream.refusal());
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
  if (!told && clock_.now() - began < kShortestWatch) return Next::pause;
  well();
  return Next::watch;
}

Reflector::Next Reflector::take(const Json& event) {
  const std::string& type = text(field(event, "type"));
  const Json& object = field(event, "object");
  if (type == "ERROR") {
    return watch_refused(
        {.code = static_cast<unsigned>(integer(field(object, "code"))), .document = object, .retry_after = {}});
  }
  if (type == "ADDED" || type == "MODIFIED") sink_.changed(object);
  if (type == "DELETED") sink_.removed(object);
  if (const std::string& version = resource_version_of(object); !version.empty()) version_ = version;
  well();
  return Next::watch;
}

// A server in trouble, or in a hurry, may soon go on from the same place. Anything else would be said of that place
// again, and it is listed anew; after a pause, because the next watch may fare no better.
Reflector::Next Reflector::watch_refused(const ApiAnswer& answer) {
  if (answer.gone()) {
    version_.clear();
    return Next::pause;
  }
  if (answer.code != 429 && answer.code < 500) version_.clear();
  return refused(answer);
}

Reflector::Next Reflector::refused(const ApiAnswer& answer) {
  const std::string& words = text(field(answer.document, "message"));
  problem(words.empty() ? fmt::format("the API server answers {}", answer.code) : words);
  at_least_ = answer.retry_after.value_or(0s);
  if (answer.code == 429 || answer.code >= 500) return Next::pause;
  if (answer.not_found() && may_come_back()) return Next::pause;
  sink_.unavailable(answer);
  return answer.not_found() ? Next::long_pause : Next::pause;
}

bool Reflector::may_come_back() {
  if (!known_) return false;
  if (!absent_since_) absent_since_ = clock_.now();
  return clock_.now() - *absent_since_ < kGoneAfter;
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
  if (text == told_) return;
  told_ = text;
  if (on_problem_) on_problem_(fmt::format("{}: {}", target_.resource.plural, text));
}

void Reflector::well() {
  sink_.available();
  if (std::exchange(told_, {}).empty()) return;
  if (on_problem_) on_problem_(fmt::format("{}: watched again", target_.resource.plural));
}

std::string Reflector::path(std::string_view query) const {
  std::string path = fmt::format("{}?{}", path_of(target_.resource, target_.name_space), query);
  if (!target_.label_selector.empty()) path += "&labelSelector=" + query_text(target_.label_selector);
  return path;
}

}  // namespace dunlin::kubernetes
