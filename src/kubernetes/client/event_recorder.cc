#include "kubernetes/client/event_recorder.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"
#include "dunlin/error.h"
#include "kubernetes/client/resource.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;

// The numbers of client-go.
constexpr std::size_t kMostWaiting = 1'000;
constexpr std::size_t kMostRemembered = 4'096;
constexpr std::size_t kMostDifferent = 10;
constexpr auto kAlikeFor = 600s;
constexpr double kBurst = 25;
constexpr auto kOneMoreEvery = 300s;
constexpr int kTries = 12;
constexpr std::chrono::milliseconds kPause{10'000};
constexpr std::size_t kMostWords = 1'024;

std::string object_of(const EventNote& note) {
  return fmt::format("{}/{}/{}/{}", note.about.kind, note.about.namespace_name, note.about.name, note.about.uid);
}

// Forgets all when there is too much: what is written then begins to count anew.
template <typename Map>
void bound(Map& map) {
  if (map.size() > kMostRemembered) map.clear();
}

}  // namespace

EventRecorder::EventRecorder(ApiClient& api, std::string component, std::function<void(const std::string&)> on_problem,
                             Clock& clock)
    : api_(api), component_(std::move(component)), on_problem_(std::move(on_problem)), clock_(clock), writer_([this] {
        keep_writing();
      }) {}

EventRecorder::~EventRecorder() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

void EventRecorder::record(EventNote note) {
  {
    const std::scoped_lock lock(mutex_);
    if (notes_.size() >= kMostWaiting) return;
    notes_.push_back(std::move(note));
  }
  changed_.notify_all();
}

void EventRecorder::keep_writing() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !notes_.empty(); });
    if (notes_.empty()) return;
    EventNote note = std::move(notes_.front());
    notes_.pop_front();
    lock.unlock();
    write(std::move(note));
    lock.lock();
  }
}

void EventRecorder::write(EventNote note) {
  if (!allowed(note)) return;
  note = combined(std::move(note));
  note.message = truncate_bytes(note.message, kMostWords);
  for (int attempt = 1; !send(note) && attempt < kTries; ++attempt) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kPause, [this] { return ending_; })) return;
  }
}

bool EventRecorder::allowed(const EventNote& note) {
  bound(allowances_);
  const auto now = clock_.now();
  auto [found, is_new] = allowances_.try_emplace(object_of(note), Allowance{kBurst, now});
  Allowance& allowance = found->second;
  const std::chrono::duration<double> passed = now - allowance.at;
  allowance = {std::min(kBurst, allowance.left + passed / kOneMoreEvery), now};
  if (allowance.left < 1) return false;
  allowance.left -= 1;
  return true;
}

EventNote EventRecorder::combined(EventNote note) {
  bound(alike_);
  const std::string key = fmt::format("{}/{}", object_of(note), note.reason);
  if (written_.contains(key + "/" + note.message)) return note;
  Alike& alike = alike_[key];
  if (clock_.now() - alike.since > kAlikeFor) alike = {.different = 0, .since = clock_.now()};
  if (++alike.different <= kMostDifferent) return note;
  note.message = "(combined from similar events): " + note.message;
  return note;
}

bool EventRecorder::send(const EventNote& note) {
  bound(written_);
  const bool one_for_all = note.message.starts_with("(combined");
  const std::string key =
      fmt::format("{}/{}/{}", object_of(note), note.reason, one_for_all ? std::string("(combined)") : note.message);
  const std::string now = format_time(std::chrono::floor<std::chrono::microseconds>(clock_.wall_now()));
  try {
    if (const auto before = written_.find(key); before != written_.end()) {
      Written& event = before->second;
      const ApiAnswer answer =
          api_.patch(path_of(kEvents, event.name_space, event.name), kMergePatch,
                     {{"count", event.count + 1}, {"lastTimestamp", now}, {"message", note.message}});
      if (answer.ok()) ++event.count;
      if (!answer.not_found()) return answer.ok() || answer.code < 500;
      // It has ended (an hour is all they get).
      written_.erase(before);
    }
    // Events about what is in no namespace lie in `default`.
    const std::string name_space = note.about.namespace_name.empty() ? "default" : note.about.namespace_name;
    const auto nanoseconds = clock_.wall_now().time_since_epoch() / 1ns + static_cast<long long>(number_++);
    const std::string name = fmt::format("{}.{:x}", note.about.name, nanoseconds);
    const ApiAnswer answer =
        api_.create(path_of(kEvents, name_space), {{"apiVersion", "v1"},
                                                   {"kind", "Event"},
                                                   {"metadata", {{"name", name}, {"namespace", name_space}}},
                                                   {"involvedObject",
                                                    {{"apiVersion", note.about.api_version},
                                                     {"kind", note.about.kind},
                                                     {"namespace", note.about.namespace_name},
                                                     {"name", note.about.name},
                                                     {"uid", note.about.uid}}},
                                                   {"type", note.warning ? "Warning" : "Normal"},
                                                   {"reason", note.reason},
                                                   {"message", note.message},
                                                   {"source", {{"component", component_}}},
                                                   {"firstTimestamp", now},
                                                   {"lastTimestamp", now},
                                                   {"count", 1}});
    if (answer.ok()) written_[key] = {name, name_space, 1, now};
    // What the server refuses it would refuse again: a namespace that is being deleted.
    if (!answer.ok() && on_problem_) on_problem_("event refused: " + text(field(answer.document, "message")));
    return answer.ok() || answer.code < 500;
  } catch (const Failure& failure) {
    if (on_problem_) on_problem_(fmt::format("event not written: {}", failure.what()));
    return false;
  }
}

}  // namespace dunlin::kubernetes
