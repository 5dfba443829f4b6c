#include "kubernetes/operator/conditions.h"

#include <algorithm>
#include <array>

#include "kubernetes/client/object.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::Time;

constexpr std::string_view kContracted = "Contracted";
constexpr std::array<std::string_view, 5> kTypes{"MigrationsReady", "Ready", "Reconciling", "Stalled", kContracted};

const char* to_string(Truth truth) {
  switch (truth) {
    case Truth::yes: return "True";
    case Truth::no: return "False";
    case Truth::unknown: return "Unknown";
  }
  return "";
}

Truth truth_of(const std::string& text) {
  if (text == "True") return Truth::yes;
  return text == "False" ? Truth::no : Truth::unknown;
}

}  // namespace

Conditions Conditions::read(const Json& conditions) {
  Conditions read;
  for (const Json& entry : kubernetes::list(conditions)) {
    Condition condition{
        .type = kubernetes::text(field(entry, "type")),
        .status = truth_of(kubernetes::text(field(entry, "status"))),
        .reason = kubernetes::text(field(entry, "reason")),
        .message = kubernetes::text(field(entry, "message")),
        .since = kubernetes::parse_time(kubernetes::text(field(entry, "lastTransitionTime"))).value_or(Time{}),
        .observed_generation = kubernetes::integer(field(entry, "observedGeneration"))};
    if (std::ranges::find(kTypes, condition.type) != kTypes.end()) read.all_.push_back(std::move(condition));
  }
  return read;
}

const Condition* Conditions::find(std::string_view type) const {
  const auto found = std::ranges::find(all_, type, &Condition::type);
  return found == all_.end() ? nullptr : &*found;
}

void Conditions::set(Condition wanted) {
  const auto found = std::ranges::find(all_, wanted.type, &Condition::type);
  if (found == all_.end()) {
    all_.push_back(std::move(wanted));
    return;
  }
  if (found->status == wanted.status) wanted.since = found->since;
  *found = std::move(wanted);
}

void Conditions::apply(const Verdict& verdict, std::int64_t generation, Time now) {
  // The API knows whole seconds only; with more, what was written would not be what is read.
  const Time since = std::chrono::floor<std::chrono::seconds>(now);
  const auto put = [&](std::string type, Truth status, std::string reason, std::string message) {
    set({.type = std::move(type),
         .status = status,
         .reason = std::move(reason),
         .message = std::move(message),
         .since = since,
         .observed_generation = generation});
  };
  const bool ready = verdict.ready == Truth::yes;
  const bool working = verdict.progress == Verdict::Progress::working;
  const bool stuck = verdict.progress == Verdict::Progress::stuck;
  put("MigrationsReady", verdict.ready, verdict.reason, verdict.message);
  put("Ready", ready ? Truth::yes : Truth::no, ready ? "CompositeReady" : "CompositeNotReady",
      ready ? "ReadyStatusComponent observed correct status of MigrationsReady"
            : "ReadyStatusComponent did not observe correct status of MigrationsReady");
  put("Reconciling", working ? Truth::yes : Truth::no, verdict.reason, working ? verdict.message : "");
  put("Stalled", stuck ? Truth::yes : Truth::no, verdict.reason, stuck ? verdict.message : "");
}

void Conditions::apply_contract(const Verdict& verdict, std::int64_t generation, Time now) {
  const Time since = std::chrono::floor<std::chrono::seconds>(now);
  unstall_contract(generation, since);
  set({.type = std::string(kContracted),
       .status = verdict.ready,
       .reason = verdict.reason,
       .message = verdict.message,
       .since = since,
       .observed_generation = generation});
  if (verdict.progress != Verdict::Progress::stuck) return;
  set({.type = "Stalled",
       .status = Truth::yes,
       .reason = verdict.reason,
       .message = verdict.message,
       .since = since,
       .observed_generation = generation});
}

void Conditions::forget_contract(std::int64_t generation, Time now) {
  unstall_contract(generation, std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(all_, [](const Condition& condition) { return condition.type == kContracted; });
}

// Where the migrations have had nothing to say since.
void Conditions::unstall_contract(std::int64_t generation, Time since) {
  const Condition* contracted = find(kContracted);
  const Condition* stalled = find("Stalled");
  const Condition* ready = find("MigrationsReady");
  if (contracted == nullptr || stalled == nullptr || ready == nullptr) return;
  if (stalled->status != Truth::yes || stalled->reason != contracted->reason) return;
  set({.type = "Stalled",
       .status = Truth::no,
       .reason = ready->reason,
       .message = {},
       .since = since,
       .observed_generation = generation});
}

void Conditions::keep_times(const Conditions& before) {
  for (Condition& condition : all_) {
    const Condition* old = before.find(condition.type);
    if (old != nullptr && old->status == condition.status) condition.since = old->since;
  }
}

Json Conditions::to_json() const {
  Json list = Json::array();
  for (const Condition& condition : all_) {
    list.push_back({{"type", condition.type},
                    {"status", to_string(condition.status)},
                    {"reason", condition.reason},
                    {"message", condition.message},
                    {"lastTransitionTime", kubernetes::format_time(condition.since)},
                    {"observedGeneration", condition.observed_generation}});
  }
  return list;
}

}  // namespace dunlin::manager
