// What there is to say about a Migrator. One verdict makes all of its conditions; the texts that migrations-operator
// has are its own, character for character, because people have alerts on them.
#pragma once

#include <string>
#include <string_view>

#include "kubernetes/operator/lock_holder.h"

namespace dunlin::manager {

struct Migrator;

enum class Truth { yes, no, unknown };

struct Verdict {
  enum class Progress {
    settled,  // nothing is going on and nothing is needed
    working,  // it goes on by itself
    stuck,    // somebody has to do something
  };

  Truth ready = Truth::unknown;
  std::string reason;
  std::string message;
  Progress progress = Progress::working;
  // Of its event, where that is not `reason`.
  std::string event_reason;
};

inline constexpr std::string_view kCreateError = "CreateError";
inline constexpr std::string_view kContractCreateError = "ContractCreateError";
inline constexpr std::string_view kContractFailed = "ContractFailed";

// In all of them: `job` is namespace/name, `image` the Job's, `detail` what is worth adding, or empty.

// No pod matches: nothing is known.
Verdict nothing_matches();
// Something is wrong with the Migrator or with what it selects; it takes a person.
Verdict in_error(std::string_view message);
Verdict up_to_date(std::string_view image);
Verdict create_failed(std::string_view error);
Verdict started(std::string_view job, std::string_view image);
Verdict running(std::string_view job, std::string_view image, std::string_view detail);
Verdict deleted_stale(std::string_view job, std::string_view old_image);
Verdict succeeded(std::string_view job, std::string_view image);
// One has succeeded, and there is another to run.
Verdict succeeded_with_more(std::string_view job, std::string_view image, std::string_view next);
// A pod of it failed, and the Job may try another.
Verdict failed(std::string_view job, std::string_view image, std::string_view detail);
// The Job has given up, and is made again later.
Verdict failed_and_due(std::string_view job, std::string_view image, std::string_view detail, std::string_view when);
// The Job has given up, and so have we. With the command that tries again.
Verdict failed_for_good(const Migrator&, std::string_view job, std::string_view image, std::string_view detail);
Verdict suspended(std::string_view image);
Verdict waits_for_lock(std::string_view image, std::string_view group, const LockHolder& holder);
// A pod of an earlier Job may still run.
Verdict waits_for_pod(std::string_view image, std::string_view detail);
Verdict rollback_blocked(std::string_view image, std::string_view newer);

struct Event {
  bool warning = false;
  std::string reason;
  std::string message;

  bool operator==(const Event&) const = default;
};

// The event that says what the verdict says.
Event event_of(const Verdict&);

}  // namespace dunlin::manager
