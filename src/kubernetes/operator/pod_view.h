// What is kept of a pod. A cluster has thousands of them, so this is what takes the operator's memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/object.h"

namespace dunlin::manager {

enum class PodPhase { pending, running, succeeded, failed, unknown };

struct ContainerView {
  std::string name;
  // As the pod asks for it, and what the node made of it ("docker.io/library/app@sha256:..."; empty before it is
  // there).
  std::string image;
  std::string image_id;
  // Its process runs, or has run; it does now.
  bool started = false;
  bool runs = false;
  // Why it does not: "ImagePullBackOff"; and in the node's own words, kept of a migration's pods only.
  std::string waiting;
  std::string waiting_for;
  // Of its last end.
  std::optional<int> exit_code;
  // Why, where the exit code does not say it: "OOMKilled".
  std::string ended_because;
  // What it left behind; kept of a migration's pods only.
  std::string message;
};

// An init container of ours, for one Migrator.
struct WaiterView {
  std::string migrator;
  // The identity that it asks for.
  std::string identity;
  // It was let through.
  bool done = false;
};

struct PodView {
  std::string namespace_name;
  std::string name;
  std::string uid;
  kubernetes::StringMap labels;
  std::optional<kubernetes::Reference> owner;
  kubernetes::Time created;
  PodPhase phase = PodPhase::unknown;
  // Why it failed, where that was not its containers' doing: "Evicted".
  std::string reason;
  bool being_deleted = false;
  // Its node says that it serves.
  bool is_ready = false;
  // When it is to have ended, if it is being deleted.
  std::optional<kubernetes::Time> end_due;
  // Empty as long as no node has it; then why not, in the scheduler's words, kept of a migration's pods only.
  std::string node;
  std::string unplaced;
  // When its node first said something of it; when it was made, as long as none has.
  kubernetes::Time taken;
  std::vector<ContainerView> containers;
  std::vector<ContainerView> init_containers;
  std::vector<WaiterView> waiters;
  // The name of the Migrator whose Job made it; empty for every other pod.
  std::string migration_of;

  // It has not ended and is not about to go.
  bool is_live() const;
  // A process of it may run, now or in a while, also if it is about to go.
  bool may_run() const;
  // A container of the application runs, or has run: whatever it waited for is over.
  bool has_started() const;
  // By name, else the first; null when there is none.
  const ContainerView* container(std::string_view container_name) const;
  // The waiter for this Migrator, or null.
  const WaiterView* waiter_for(std::string_view migrator) const;
};

PodView read_pod(const kubernetes::Json& pod);

}  // namespace dunlin::manager
