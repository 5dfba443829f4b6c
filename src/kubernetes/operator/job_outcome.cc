#include "kubernetes/operator/job_outcome.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/printable.h"
#include "base/redact.h"
#include "kubernetes/operator/job.h"
#include "kubernetes/operator/run_report.h"

namespace dunlin::manager {
namespace {

using kubernetes::condition;
using kubernetes::field;
using kubernetes::integer;
using kubernetes::is_true;
using kubernetes::Json;
using kubernetes::text;
using kubernetes::Time;
using State = JobOutcome::State;

// What a container waits for in passing; every other reason stays until somebody does something.
bool is_stuck(const ContainerView& container) {
  static constexpr std::array<std::string_view, 4> kPassing{"", "ContainerCreating", "PodInitializing",
                                                            "CrashLoopBackOff"};
  return std::ranges::find(kPassing, container.waiting) == kPassing.end();
}

const ContainerView* migration_of(const PodView& pod) {
  const auto found = std::ranges::find(pod.containers, kMigrationContainer, &ContainerView::name);
  return found == pod.containers.end() ? nullptr : &*found;
}

const ContainerView* stuck_container(const PodView& pod) {
  for (const auto* containers : {&pod.init_containers, &pod.containers}) {
    const auto found = std::ranges::find_if(*containers, is_stuck);
    if (found != containers->end()) return &*found;
  }
  return nullptr;
}

bool nothing_has_run(const PodView& pod) {
  return !pod.has_started() && std::ranges::none_of(pod.init_containers, &ContainerView::started);
}

// It has a node, which makes nothing of it: a volume, a Secret or a ConfigMap is not there, or the node itself is not.
bool is_held_up(const PodView& pod, Time now) {
  return !pod.node.empty() && nothing_has_run(pod) && now - pod.taken >= kPatience;
}

bool is_homeless(const PodView& pod, Time now) {
  return pod.node.empty() && now - pod.created >= kPatience;
}

// Its migration has not run, and what keeps it does not look as if it would pass.
bool is_idle(const PodView& pod, Time now) {
  const ContainerView* migration = migration_of(pod);
  if (migration == nullptr || migration->started) return false;
  return stuck_container(pod) != nullptr || is_homeless(pod, now) || is_held_up(pod, now);
}

bool has_failed(const PodView& pod) {
  const ContainerView* migration = migration_of(pod);
  return pod.phase == PodPhase::failed || (migration != nullptr && migration->exit_code.value_or(0) != 0);
}

const PodView* newest_failed(const std::vector<const PodView*>& pods) {
  const PodView* newest = nullptr;
  for (const PodView* pod : pods) {
    if (has_failed(*pod) && (newest == nullptr || pod->created >= newest->created)) newest = pod;
  }
  return newest;
}

// The migration, or the init container that it never came past; null when none has ended badly.
const ContainerView* failed_container(const PodView& pod) {
  const auto has_failed = [](const ContainerView& container) { return container.exit_code.value_or(0) != 0; };
  const ContainerView* migration = migration_of(pod);
  if (migration != nullptr && has_failed(*migration)) return migration;
  const auto found = std::ranges::find_if(pod.init_containers, has_failed);
  return found == pod.init_containers.end() ? nullptr : &*found;
}

std::string last_lines(const std::string& message, int count) {
  // A secret may go over lines: first the mask, then the cut.
  std::string shown = printable(redact(message));
  shown.erase(shown.find_last_not_of(" \n") + 1);
  std::size_t begin = shown.size();
  for (int lines = 0; begin > 0 && lines < count; ++lines) {
    const std::size_t before = shown.rfind('\n', begin - 1);
    begin = before == std::string::npos ? 0 : before;
  }
  return shown.substr(begin < shown.size() && shown[begin] == '\n' ? begin + 1 : begin);
}

// 2 is usage or configuration, 5 files against history, 8 refused: base/exit_code.h. psql's 2 is a lost connection.
bool is_hopeless(int exit_code, const std::string& message) {
  if (exit_code == 2) return message.find("psql:") == std::string::npos;
  return exit_code == 5 || exit_code == 8;
}

// Our own helper: the image has no such folder, and never will have.
bool is_hopeless_copy(const ContainerView& container) {
  return container.name == "copy" && container.exit_code == 2 &&
         container.message.find("dunlin-operator: error:") != std::string::npos;
}

// Why the Job gave up, unless that is only that its pods have failed often enough.
std::string reason_of(const Json& job) {
  const Json& given_up = condition(job, "Failed");
  if (!is_true(given_up) || text(field(given_up, "reason")) == "BackoffLimitExceeded") return {};
  return text(field(given_up, "message"));
}

// "exit code 137 (OOMKilled): the last line"
std::string end_of(const ContainerView& container, int log_tail) {
  std::string text = fmt::format("exit code {}", *container.exit_code);
  if (!container.ended_because.empty()) text += fmt::format(" ({})", container.ended_because);
  const auto report = read_run_report(container.message);
  const std::string& message = report ? report->error : container.message;
  const std::string lines = log_tail > 0 ? last_lines(message, log_tail) : std::string{};
  if (!lines.empty()) text += fmt::format(": {}", lines);
  return text;
}

void describe_failure(const Json& job, const std::vector<const PodView*>& pods, int log_tail, JobOutcome& outcome) {
  std::vector<std::string> details{reason_of(job)};
  if (const PodView* pod = newest_failed(pods)) {
    details.push_back(pod->reason);
    if (const ContainerView* container = failed_container(*pod)) {
      const bool is_migration = container == migration_of(*pod);
      outcome.hopeless =
          is_migration ? is_hopeless(*container->exit_code, container->message) : is_hopeless_copy(*container);
      details.push_back((is_migration ? "" : fmt::format("init container {}: ", container->name)) +
                        end_of(*container, log_tail));
    }
  }
  std::erase(details, "");
  outcome.detail = fmt::format("{}", fmt::join(details, "; "));
}

bool has_ended_just_now(const Json& job, Time now) {
  const auto since = kubernetes::parse_time(text(field(condition(job, "Failed"), "lastTransitionTime")));
  return since && now - *since < kPodsLag;
}

// A pod that has been told to go may migrate until it has gone; 1.28 and later count them apart.
bool has_active_pods(const Json& job) {
  return integer(field(job, "status", "active")) + integer(field(job, "status", "terminating")) > 0;
}

State state_of_unfinished(const Json& job, const std::vector<const PodView*>& pods, Time now) {
  const bool has_active = has_active_pods(job);
  const bool has_live = std::ranges::any_of(pods, &PodView::is_live);
  const auto counted = integer(field(job, "status", "failed"));
  const auto failed =
      std::ranges::count_if(pods, [](const PodView* pod) { return !pod->may_run() && has_failed(*pod); });
  const bool all_idle =
      has_live && std::ranges::all_of(pods, [&](const PodView* pod) { return !pod->is_live() || is_idle(*pod, now); });
  if (counted > 0 || failed > 0) {
    // A Job controller as old as 1.20's writes nothing when a pod fails, until it makes the next one: what the status
    // says is active may be that which has failed.
    const bool runs = failed > counted ? std::ranges::any_of(pods, &PodView::may_run) : has_active;
    return !runs || all_idle ? State::failing : State::running;
  }
  if (!pods.empty()) return has_live && all_idle ? State::idle : State::running;
  // Its controller has not seen it yet, or may make no pod.
  const auto started = kubernetes::parse_time(text(field(job, "status", "startTime")));
  if (has_active) return State::running;
  return !started || now - *started >= kPatience ? State::idle : State::running;
}

// ": what others say of it", on one line and without secrets.
std::string in_their_words(const std::string& words) {
  constexpr std::size_t kMost = 400;
  return words.empty() ? std::string{} : fmt::format(": {}", one_line(redact(words), kMost));
}

std::string why_it_waits(const PodView& pod, Time now) {
  const ContainerView* migration = migration_of(pod);
  if (!pod.is_live() || migration == nullptr || migration->started) return {};
  if (const ContainerView* stuck = stuck_container(pod))
    return fmt::format("pod {} waits: {} ({}){}", pod.name, stuck->waiting, stuck->image,
                       in_their_words(stuck->waiting_for));
  if (pod.node.empty() && (is_homeless(pod, now) || !pod.unplaced.empty()))
    return fmt::format("pod {} waits for a node{}", pod.name, in_their_words(pod.unplaced));
  if (!is_held_up(pod, now)) return {};
  const auto waits = std::ranges::find_if_not(pod.init_containers, &std::string::empty, &ContainerView::waiting);
  const ContainerView& first = waits == pod.init_containers.end() ? *migration : *waits;
  return fmt::format("pod {} waits on node {} since {}: {}{}; kubectl describe pod --namespace {} {} says for what",
                     pod.name, pod.node, kubernetes::format_time(pod.taken),
                     first.waiting.empty() ? "its node does not answer" : first.waiting,
                     in_their_words(first.waiting_for), pod.namespace_name, pod.name);
}

std::string why_it_waits(const std::vector<const PodView*>& pods, Time now) {
  for (const PodView* pod : pods) {
    if (std::string why = why_it_waits(*pod, now); !why.empty()) return why;
  }
  return {};
}

// A quota, a policy or a ServiceAccount that is not there: only the events of the Job know.
std::string why_it_has_no_pod(const Json& job) {
  if (text(field(job, "status", "startTime")).empty()) return {};
  return fmt::format("it has no pod yet; to see why: kubectl describe -n {} job {}", kubernetes::namespace_of(job),
                     kubernetes::name_of(job));
}

}  // namespace

JobOutcome job_outcome(const Json& job, const std::vector<const PodView*>& pods, int log_tail, Time now) {
  JobOutcome outcome;
  outcome.begun = std::ranges::any_of(pods, [](const PodView* pod) {
    const ContainerView* migration = migration_of(*pod);
    return migration != nullptr && migration->started;
  });
  if (integer(field(job, "status", "succeeded")) > 0 || is_true(condition(job, "Complete"))) {
    outcome.state = State::succeeded;
    return outcome;
  }
  outcome.state = is_true(condition(job, "Failed")) ? State::failed : state_of_unfinished(job, pods, now);
  if (outcome.state == State::idle || outcome.state == State::running) outcome.detail = why_it_waits(pods, now);
  if (outcome.state == State::idle && pods.empty()) outcome.detail = why_it_has_no_pod(job);
  if (outcome.detail.empty() && outcome.state != State::idle) describe_failure(job, pods, log_tail, outcome);
  outcome.unexplained = outcome.state == State::failed && outcome.detail.empty() && has_ended_just_now(job, now);
  return outcome;
}

bool has_ended(const Json& job) {
  return integer(field(job, "status", "succeeded")) > 0 || is_true(condition(job, "Complete")) ||
         is_true(condition(job, "Failed"));
}

bool occupies_lock(const Json& job, const std::vector<const PodView*>& pods) {
  const bool is_stopped = integer(field(job, "spec", "parallelism"), 1) == 0 && !has_active_pods(job);
  return (!has_ended(job) && !is_stopped) || std::ranges::any_of(pods, &PodView::may_run);
}

}  // namespace dunlin::manager
