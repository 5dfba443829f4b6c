// What the operator writes down about a Migrator: everything that it needs to know after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/json.h"
#include "kubernetes/client/time.h"
#include "kubernetes/operator/conditions.h"
#include "kubernetes/operator/run_report.h"

namespace dunlin::manager {

// An identity whose pods may start, and why.
struct Migrated {
  enum class Origin {
    run,        // its Job succeeded
    adopted,    // a pod of it was running when the operator came
    admitted,   // pods of what has been migrated ask for it under this name
    inherited,  // migrations-operator says so
  };

  std::string identity;
  // What the Job ran, or would have run; differs from the identity with spec.image.
  std::string image;
  kubernetes::Time time;
  Origin origin = Origin::run;
  // Whose template it came from: "Deployment/web".
  std::string workload;
  // The Job that it was recorded from. A Job that is found in here is done with, and may be deleted.
  std::string job_uid;
  // Its contract command has run.
  bool contracted = false;
  // The identity whose contract command takes, or has taken, from the schema what this one needs: its pods wait.
  std::string retired_by;

  bool operator==(const Migrated&) const = default;
};

// An identity whose Job has given up, until the identity is migrated or no longer wanted.
struct FailedRun {
  std::string identity;
  // What the Job was built as: a spec that builds another one starts anew.
  std::string config;
  // The Job that was counted last, and that we have taken it away: one that somebody else deletes is to be tried again.
  std::string job_uid;
  bool job_deleted = false;
  // How many Jobs have given up.
  int attempts = 0;
  kubernetes::Time time;
  // When the next one is due. Empty: never.
  std::optional<kubernetes::Time> next_try;
  // What there is to say about it: the exit code and the last lines, without secrets.
  std::string detail;

  bool operator==(const FailedRun&) const = default;
};

// A Job that has ended.
struct Run {
  std::string identity;
  std::string image;
  std::string job_uid;
  bool succeeded = false;
  // It ran the contract command.
  bool contract = false;
  kubernetes::Time started;
  kubernetes::Time finished;

  bool operator==(const Run&) const = default;
};

// How far the contract command of an identity is (contract.h).
struct Contract {
  enum class State {
    waiting,
    started,  // written before its Job is made: there may be one
    done,
  };

  std::string identity;
  State state = State::waiting;
  // Since when nothing of another version lives. Empty: something does.
  std::optional<kubernetes::Time> since;
  // The command has run, to whatever end: there is no way back to older versions.
  bool begun = false;
  // When it was done, and the Job that this was recorded from.
  std::optional<kubernetes::Time> time;
  std::string job_uid;
  std::optional<FailedRun> failure;

  bool operator==(const Contract&) const = default;
};

struct MigratorStatus {
  std::int64_t observed_generation = 0;
  Conditions conditions;
  // Where migrations-operator and its waiters look.
  std::string last_successful_migration;
  // The newest first.
  std::vector<Migrated> migrated;
  std::vector<FailedRun> failures;
  // Identities of `migrated` whose pods have to wait all the same (rollbackPolicy: block).
  std::vector<std::string> blocked;
  // The last ones, the newest first.
  std::vector<Run> history;
  // The retry annotation's value that has been heard.
  std::string retried;
  std::optional<Contract> contract;
  // The value of the annotation that allows a rollback, as it was heard last.
  std::string rollback_allowed;
  // Of spec.database: as the last run that could ask left it.
  std::optional<SchemaState> database;

  bool operator==(const MigratorStatus&) const = default;

  // Null when there is none.
  const Migrated* find_migrated(std::string_view identity) const;
  const FailedRun* find_failure(std::string_view identity) const;
  // Whether this Job's success, or failure, is in here.
  bool recorded_success(std::string_view job_uid) const;
  bool recorded_failure(std::string_view job_uid) const;
  // What the ready API answers for a pod that asks for `identity`.
  bool lets_start(std::string_view identity) const;
};

// What cannot be read is left out. What only migrations-operator has written counts, too.
MigratorStatus read_status(const kubernetes::Json& status);
// All of it, for a server-side apply.
kubernetes::Json to_json(const MigratorStatus&);

}  // namespace dunlin::manager
