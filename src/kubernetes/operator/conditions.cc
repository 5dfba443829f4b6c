#include "kubernetes/operator/conditions.h"

#include <algorithm>
#include <array>

#include "kubernetes/client/object.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::Time;

constexpr std::array<std::string_view, 4> kTypes{"MigrationsReady", "Ready", "Reconciling", "Stalled"};

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
