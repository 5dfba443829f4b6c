// How far a Job has come, by what its status and its pods say.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "kubernetes/client/object.h"
#include "kubernetes/operator/pod_view.h"

namespace dunlin::manager {

// How long pods may lag behind their Job.
inline constexpr std::chrono::seconds kPodsLag{10};
// How long a Job without a pod, or a pod without a node, is taken to be on its way.
inline constexpr std::chrono::minutes kPatience{1};

struct JobOutcome {
  enum class State {
    idle,     // nothing of the migration has run, and it does not look as if it would soon: it may be deleted
    running,  // it runs, or is about to
    failing,  // a pod failed and none runs; the Job tries another in a while
    failed,   // it has given up
    succeeded,
  };

  State state = State::running;
  // The migration's process runs, or has run.
  bool begun = false;
  // The last pod ended in a way that another try will not change.
  bool hopeless = false;
  // It has given up just now, and the pod that it gave up for is not among ours as a failed one yet: wait for that.
  bool unexplained = false;
  // What is worth saying: why it failed, with the last lines and without secrets, or why it does not start.
  std::string detail;

  bool has_ended() const { return state == State::failed || state == State::succeeded; }
};

// `log_tail`: how many of the last lines of a failed container are shown.
JobOutcome job_outcome(const kubernetes::Json& job, const std::vector<const PodView*>& pods, int log_tail,
                       kubernetes::Time now);

// It makes no other pod.
bool has_ended(const kubernetes::Json& job);
// A migration of it may run, now or in a while: no other of its lock group may. Job controllers before 1.31 say that a
// Job has failed while its pods still end. `pods`: all of it.
bool occupies_lock(const kubernetes::Json& job, const std::vector<const PodView*>& pods);
// How long to wait before looking whether they still do.
inline constexpr std::chrono::seconds kLockPoll{10};

}  // namespace dunlin::manager
