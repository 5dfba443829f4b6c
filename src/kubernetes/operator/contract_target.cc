#include "kubernetes/operator/contract_target.h"

#include <algorithm>

#include <fmt/format.h>

#include "kubernetes/operator/pending.h"

namespace dunlin::manager {

CurrentVersion::CurrentVersion(const Migrator& migrator, const Survey& survey) : trigger_(migrator.spec.trigger) {
  std::set<std::string> workloads;
  std::set<std::string> with_digest;
  for (const Wanted& wanted : survey.wanted) {
    const std::string version = wanted.after.empty() ? version_of(wanted.identity()) : wanted.after;
    if (version_.empty()) version_ = version;
    split_ |= version != version_;
    names_.insert(wanted.identity());
    for (const std::string& workload : wanted.workloads) {
      workloads.insert(workload);
      // A tag that was moved: pods of both are made from the present template.
      if (!wanted.after.empty()) split_ |= !with_digest.insert(workload).second;
    }
  }
  // Images are rewritten: pods of a template need not have what it has.
  for (const Seen& seen : survey.present) {
    if (workloads.contains(seen.workload)) names_.insert(seen.identity);
  }
}

bool CurrentVersion::has(const std::string& identity) const {
  return names_.contains(identity) || version_of(identity) == version_;
}

// Workloads of one version differ in what they run it with.
std::string CurrentVersion::version_of(const std::string& identity) const {
  return trigger_ == Trigger::pod_template ? identity.substr(0, identity.rfind('@')) : identity;
}

namespace {

std::string two_versions(const Survey& survey) {
  const Wanted& newest = survey.wanted.front();
  const auto other =
      std::ranges::find_if(survey.wanted, [&](const Wanted& wanted) { return wanted.identity() != newest.identity(); });
  std::string text = "workloads are of different versions";
  if (other != survey.wanted.end())
    text += fmt::format(": {} wants {}, {} wants {}", newest.workloads.front(), newest.identity(),
                        other->workloads.front(), other->identity());
  return text;
}

}  // namespace

ContractTarget contract_target(const Migrator& migrator, const Survey& survey, const MigratorStatus& status) {
  const auto left = pending(migrator, survey, status);
  if (!left.empty()) return {.obstacle = fmt::format("{} has not been migrated to yet", left.front()->identity())};
  for (const Wanted& wanted : survey.wanted) {
    const Migrated* entry = status.find_migrated(wanted.identity());
    const bool is_retired = entry != nullptr && !entry->retired_by.empty();
    if (is_retired || !rolled_back_from(survey, status, wanted.identity()).empty())
      return {.obstacle = fmt::format("{} is a rollback", wanted.identity())};
  }
  const CurrentVersion current(migrator, survey);
  if (current.is_split()) return {.obstacle = two_versions(survey)};
  const auto other = std::ranges::find_if(survey.live, [&](const auto& identity) { return !current.has(identity); });
  if (other != survey.live.end()) return {.obstacle = fmt::format("there are pods of {}", *other)};
  for (const Migrated& entry : status.migrated) {
    const auto wanted = std::ranges::find(survey.wanted, entry.identity, &Wanted::identity);
    if (wanted != survey.wanted.end()) return {.wanted = &*wanted};
  }
  return {.obstacle = "nothing has been migrated to yet"};
}

}  // namespace dunlin::manager
