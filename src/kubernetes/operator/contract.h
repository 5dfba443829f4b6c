// The contract half of expand and contract: a command that takes from the schema what only older versions need. Part of
// the decision; it runs in a Job of its own, under the same rules as a migration (decide.h).
//
// It is run when the newest identity has been migrated to, and no pod of another version has lived for contractAfter. A
// version that comes back before its process runs cancels it. From the moment that its Job may exist, older versions
// may not start: what they need may be gone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "kubernetes/operator/action.h"
#include "kubernetes/operator/lock_holder.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"
#include "kubernetes/operator/verdict.h"

namespace dunlin::manager {

struct ContractSituation {
  const Migrator* migrator = nullptr;
  const Survey* survey = nullptr;
  // The Job of a contract command, or null.
  const OwnedJob* job = nullptr;
  // The spec can be read and something is wanted. Else nothing is done but to record how a Job has ended.
  bool is_known = false;
  // A migration's Job runs, may run, or has to be looked at first.
  bool is_migrating = false;
  // Somebody has asked just now to try again what has failed.
  bool is_asked = false;
  // There is no other action in this decision.
  bool may_act = false;
  const std::vector<LockHolder>* lock_holders = nullptr;
  // Which pod may run although its Job has ended or is gone; empty: none.
  std::string lingering;
  kubernetes::Time now;
};

struct ContractStep {
  Action action;
  std::vector<Event> events;
  std::optional<std::chrono::seconds> again_in;
  // For the condition Contracted. Empty: it stays as it is.
  std::optional<Verdict> verdict;
};

// Changes what the status says about contracts.
ContractStep decide_contract(const ContractSituation&, MigratorStatus&);

// The Migrator's Job of a contract command, or null.
const OwnedJob* find_contract_job(const Migrator&, const std::vector<OwnedJob>&);

// It runs, or may in a while: nothing is migrated meanwhile.
bool is_contracting(const OwnedJob* job);

// The Job has not been made after all.
void withdraw_contract(MigratorStatus&);

// Lets an identity start that a contract command has retired, when the annotation has another value than the one that
// was heard last.
void hear_rollback(const Migrator&, MigratorStatus&);

}  // namespace dunlin::manager
