#include "kubernetes/client/leader_election.h"

#include <algorithm>
#include <random>

#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/client/resource.h"

namespace dunlin::kubernetes {
namespace {

using std::chrono::milliseconds;

// Between one and 2.2 times the pause: replicas that begin together do not collide for ever.
milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return pause + milliseconds(std::uniform_int_distribution<long long>{0, pause.count() * 12 / 10}(random));
}

Time wall_time(Clock& clock) {
  return std::chrono::floor<std::chrono::microseconds>(clock.wall_now());
}

}  // namespace

LeaderElection::LeaderElection(ApiClient& api, LeaderElectionOptions options, const Interrupt& interrupt,
                               std::function<void(const std::string&)> on_problem, Clock& clock)
    : api_(api),
      options_(std::move(options)),
      interrupt_(interrupt),
      on_problem_(std::move(on_problem)),
      clock_(clock),
      seen_since_(clock.now()) {}

bool LeaderElection::acquire() {
  while (!interrupt_.requested()) {
    if (try_once()) return true;
    clock_.sleep(jittered(options_.retry_every), &interrupt_);
  }
  return false;
}

bool LeaderElection::keep() {
  until_ = clock_.now() + options_.renew_within;
  while (!clock_.sleep(std::min(options_.retry_every, left()), &interrupt_)) {
    const Clock::Steady before = clock_.now();
    if (try_once()) {
      until_ = before + options_.renew_within;
    } else if (held_.is_null() || left() == milliseconds{0}) {
      until_.reset();
      return false;
    }
  }
  until_.reset();
  return true;
}

// A request must not go on when others may lead already.
milliseconds LeaderElection::left() const {
  if (!until_) return options_.renew_within;
  return std::max(std::chrono::ceil<milliseconds>(*until_ - clock_.now()), milliseconds{0});
}

const std::string& LeaderElection::holder() const {
  return text(field(seen_, "holderIdentity"));
}

void LeaderElection::release() {
  if (held_.is_null()) return;
  Json lease = std::move(held_);
  held_ = nullptr;
  lease["spec"] = record(lease, std::chrono::seconds{1});
  lease["spec"]["holderIdentity"] = "";
  try {
    ask("PUT", path_of(kLeases, options_.name_space, options_.name), lease);
  } catch (const Failure&) {
    // It ends by itself.
    return;
  }
}

bool LeaderElection::try_once() {
  try {
    // Nobody else writes a lease that is held, so the leader need not read it first.
    if (!held_.is_null() && write(held_, true)) return true;
    const ApiAnswer answer = ask("GET", path_of(kLeases, options_.name_space, options_.name), {});
    if (answer.not_found()) return write({}, false);
    const Json& lease = answer.object("reading the leader's lease");
    const Json& spec = field(lease, "spec");
    if (spec != seen_) {
      seen_ = spec;
      seen_since_ = clock_.now();
    }
    const std::string& holder = text(field(spec, "holderIdentity"));
    const milliseconds good = std::chrono::seconds(integer(field(spec, "leaseDurationSeconds")));
    const bool ours = holder == options_.identity;
    if (!ours) held_ = nullptr;
    if (!ours && !holder.empty() && clock_.now() - seen_since_ < good) return false;
    return write(lease, true);
  } catch (const Failure& failure) {
    problem(failure.what());
    return false;
  }
}

Json LeaderElection::record(const Json& lease, milliseconds duration) const {
  const Json& old = field(lease, "spec");
  const std::string now = format_micro_time(wall_time(clock_));
  const bool ours = text(field(old, "holderIdentity")) == options_.identity;
  const std::string& acquired = text(field(old, "acquireTime"));
  return {{"holderIdentity", options_.identity},
          {"leaseDurationSeconds", std::chrono::ceil<std::chrono::seconds>(duration).count()},
          {"acquireTime", ours && !acquired.empty() ? acquired : now},
          {"renewTime", now},
          {"leaseTransitions", integer(field(old, "leaseTransitions")) + (ours || old.is_null() ? 0 : 1)}};
}

bool LeaderElection::write(const Json& lease, bool exists) {
  Json wanted = lease;
  if (!exists) {
    wanted = {{"apiVersion", api_version_of(kLeases)},
              {"kind", kLeases.kind},
              {"metadata", {{"name", options_.name}, {"namespace", options_.name_space}}}};
  }
  wanted["spec"] = record(lease, options_.lease);
  const ApiAnswer answer = exists ? ask("PUT", path_of(kLeases, options_.name_space, options_.name), wanted)
                                  : ask("POST", path_of(kLeases, options_.name_space), wanted);
  if (answer.ok()) {
    held_ = answer.document;
    seen_ = field(held_, "spec");
    seen_since_ = clock_.now();
    return true;
  }
  // Somebody was quicker, or the lease was taken away: read it before the next try.
  if (answer.code == 409 || answer.not_found()) return false;
  problem(text(field(answer.document, "message")));
  return false;
}

ApiAnswer LeaderElection::ask(std::string_view method, std::string path, const Json& lease) {
  const milliseconds time = left();
  if (time == milliseconds{0}) throw Failure(ErrorKind::timeout, "the lease could not be renewed in time");
  return api_.call({.method = method,
                    .path = std::move(path),
                    .body = lease.is_null() ? "" : line_of(lease),
                    .timeout = std::min(options_.renew_within / 2, time)});
}

void LeaderElection::problem(const std::string& text) const {
  if (on_problem_) on_problem_("leader election: " + text);
}

}  // namespace dunlin::kubernetes
