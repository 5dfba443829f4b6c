// What the author of a Migrator asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kubernetes/client/json.h"
#include "kubernetes/client/label_selector.h"

namespace dunlin::manager {

// What makes a migration another one (identity.h).
enum class Trigger { image, pod_template, digest };

// What is done when the template goes back to what has been migrated before.
enum class RollbackPolicy {
  skip,   // nothing: it has been migrated
  run,    // its migrations are run again
  block,  // nothing, its pods wait, and a condition says so
};

// Migrations that do not come out of an application's own image.
struct DatabaseSource {
  // Key of a Secret that holds the URL.
  std::string secret;
  std::string key;
  // Where the files are: ConfigMaps, later ones over earlier ones, or a directory of an image.
  std::vector<std::string> config_maps;
  std::string image;
  std::string path;
};

// Every default is what migrations-operator does. What is Json is as the API writes it, and is null where it is not
// set.
struct MigratorSpec {
  // Which pods are migrated for. Empty when it is missing or wrong: it matches no pod then.
  std::optional<kubernetes::LabelSelector> selector;
  // Which of those are templates for the Job. Without it, all.
  kubernetes::LabelSelector template_selector;

  // Of the Job's container, in place of the template container's. Not set: its own. An empty list clears it.
  std::optional<std::vector<std::string>> command;
  std::optional<std::vector<std::string>> args;
  // Empty: the template container's own.
  std::string image;
  // The template container's name. Empty: the first.
  std::string container;
  // Of the Job's pods.
  kubernetes::StringMap labels;
  kubernetes::StringMap annotations;

  std::optional<std::int64_t> backoff_limit;
  std::optional<std::int64_t> active_deadline_seconds;
  // How long a Job is kept after its success was recorded. The operator counts it, not the API server, which could
  // delete a Job that nobody has looked at yet.
  std::chrono::seconds ttl_after_finished{0};
  // Replaces the container's; so does the node selector with the pod's.
  kubernetes::Json resources;
  std::optional<kubernetes::StringMap> node_selector;
  std::string service_account_name;
  // Added to what the template has; of the same name (for mounts: path) these count.
  kubernetes::Json env;
  kubernetes::Json volumes;
  kubernetes::Json volume_mounts;

  // No new Job is made.
  bool suspend = false;
  // Migrators of a namespace with the same group take turns. Empty: no group.
  std::string lock_group;
  // A running Job is killed when another identity is wanted.
  bool supersede = false;
  // How many of the last lines of a failed container are shown. 0: none, and its log is not asked for.
  int log_tail = 10;
  RollbackPolicy rollback_policy = RollbackPolicy::skip;
  Trigger trigger = Trigger::image;

  std::optional<DatabaseSource> database;
  // The contract half of expand and contract.
  std::optional<std::vector<std::string>> contract_command;
  std::chrono::milliseconds contract_after = std::chrono::minutes(10);
  bool contract_by_hand = false;
};

// What is wrong is added to `problems`, each with its field and what is allowed there ("spec.trigger: \"tag\" is not
// one of image, template, digest"), and reads as if it were not set.
MigratorSpec read_spec(const kubernetes::Json& spec, std::vector<std::string>& problems);

}  // namespace dunlin::manager
