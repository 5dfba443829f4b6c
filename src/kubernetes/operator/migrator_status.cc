#include "kubernetes/operator/migrator_status.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kubernetes/client/object.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::text;
using kubernetes::Time;
using Origin = Migrated::Origin;

constexpr std::array<std::pair<Origin, std::string_view>, 4> kOrigins{{{Origin::run, "run"},
                                                                       {Origin::adopted, "adopted"},
                                                                       {Origin::admitted, "admitted"},
                                                                       {Origin::inherited, "inherited"}}};

std::string_view to_string(Origin origin) {
  return std::ranges::find(kOrigins, origin, &std::pair<Origin, std::string_view>::first)->second;
}

Origin origin_of(const std::string& word) {
  const auto found = std::ranges::find(kOrigins, word, &std::pair<Origin, std::string_view>::second);
  return found == kOrigins.end() ? Origin::inherited : found->first;
}

using State = Contract::State;
constexpr std::array<std::pair<State, std::string_view>, 3> kStates{
    {{State::waiting, "Waiting"}, {State::started, "Started"}, {State::done, "Done"}}};

std::string_view to_string(State state) {
  return std::ranges::find(kStates, state, &std::pair<State, std::string_view>::first)->second;
}

// What is not known may have begun.
State state_of(const std::string& word) {
  const auto found = std::ranges::find(kStates, word, &std::pair<State, std::string_view>::second);
  return found == kStates.end() ? State::started : found->first;
}

Time time_at(const Json& entry, std::string_view name) {
  return kubernetes::parse_time(text(field(entry, name))).value_or(Time{});
}

std::string time_text(Time time) {
  return time == Time{} ? std::string{} : kubernetes::format_time(time);
}

Json without_empty(Json object) {
  for (auto entry = object.begin(); entry != object.end();)
    entry = entry->is_string() && text(*entry).empty() ? object.erase(entry) : std::next(entry);
  return object;
}

Migrated read_migrated(const Json& entry) {
  return {.identity = text(field(entry, "identity")),
          .image = text(field(entry, "image")),
          .time = time_at(entry, "time"),
          .origin = origin_of(text(field(entry, "origin"))),
          .workload = text(field(entry, "workload")),
          .job_uid = text(field(entry, "jobUID")),
          .contracted = kubernetes::flag(field(entry, "contracted")),
          .retired_by = text(field(entry, "retiredBy"))};
}

Json to_json(const Migrated& entry) {
  Json object{{"identity", entry.identity},        {"image", entry.image},       {"time", time_text(entry.time)},
              {"origin", to_string(entry.origin)}, {"workload", entry.workload}, {"jobUID", entry.job_uid},
              {"retiredBy", entry.retired_by}};
  if (entry.contracted) object["contracted"] = true;
  return without_empty(std::move(object));
}

FailedRun read_failure(const Json& entry) {
  return {.identity = text(field(entry, "identity")),
          .config = text(field(entry, "config")),
          .job_uid = text(field(entry, "jobUID")),
          .job_deleted = kubernetes::flag(field(entry, "jobDeleted")),
          .attempts = static_cast<int>(kubernetes::integer(field(entry, "attempts"))),
          .time = time_at(entry, "time"),
          .next_try = kubernetes::parse_time(text(field(entry, "nextTry"))),
          .detail = text(field(entry, "detail"))};
}

Json to_json(const FailedRun& entry) {
  return without_empty({{"identity", entry.identity},
                        {"config", entry.config},
                        {"jobUID", entry.job_uid},
                        {"jobDeleted", entry.job_deleted},
                        {"attempts", entry.attempts},
                        {"time", time_text(entry.time)},
                        {"nextTry", entry.next_try ? time_text(*entry.next_try) : ""},
                        {"detail", entry.detail}});
}

Run read_run(const Json& entry) {
  return {.identity = text(field(entry, "identity")),
          .image = text(field(entry, "image")),
          .job_uid = text(field(entry, "jobUID")),
          .succeeded = text(field(entry, "outcome")) == "Succeeded",
          .contract = kubernetes::flag(field(entry, "contract")),
          .started = time_at(entry, "startTime"),
          .finished = time_at(entry, "completionTime")};
}

Json to_json(const Run& entry) {
  const auto took = std::chrono::floor<std::chrono::seconds>(entry.finished - entry.started);
  Json object{{"identity", entry.identity},
              {"image", entry.image},
              {"jobUID", entry.job_uid},
              {"outcome", entry.succeeded ? "Succeeded" : "Failed"},
              {"startTime", time_text(entry.started)},
              {"completionTime", time_text(entry.finished)},
              {"durationSeconds", took.count()}};
  if (entry.contract) object["contract"] = true;
  return without_empty(std::move(object));
}

std::optional<Contract> read_contract(const Json& entry) {
  Contract contract{.identity = text(field(entry, "identity")),
                    .state = state_of(text(field(entry, "state"))),
                    .since = kubernetes::parse_time(text(field(entry, "since"))),
                    .begun = kubernetes::flag(field(entry, "begun")),
                    .time = kubernetes::parse_time(text(field(entry, "time"))),
                    .job_uid = text(field(entry, "jobUID"))};
  if (contract.identity.empty()) return std::nullopt;
  if (field(entry, "failure").is_object()) contract.failure = read_failure(field(entry, "failure"));
  return contract;
}

Json to_json(const Contract& contract) {
  Json entry{{"identity", contract.identity},
             {"state", to_string(contract.state)},
             {"since", contract.since ? time_text(*contract.since) : ""},
             {"begun", contract.begun},
             {"time", contract.time ? time_text(*contract.time) : ""},
             {"jobUID", contract.job_uid}};
  if (contract.failure) entry["failure"] = to_json(*contract.failure);
  return without_empty(std::move(entry));
}

template <typename Entry>
std::vector<Entry> read_all(const Json& entries, Entry (*read)(const Json&)) {
  std::vector<Entry> all;
  for (const Json& entry : list(entries)) {
    Entry one = read(entry);
    if (!one.identity.empty()) all.push_back(std::move(one));
  }
  return all;
}

template <typename Entry>
Json all_to_json(const std::vector<Entry>& entries) {
  Json all = Json::array();
  for (const Entry& entry : entries) all.push_back(to_json(entry));
  return all;
}

}  // namespace

const Migrated* MigratorStatus::find_migrated(std::string_view identity) const {
  const auto found = std::ranges::find(migrated, identity, &Migrated::identity);
  return found == migrated.end() ? nullptr : &*found;
}

const FailedRun* MigratorStatus::find_failure(std::string_view identity) const {
  const auto found = std::ranges::find(failures, identity, &FailedRun::identity);
  return found == failures.end() ? nullptr : &*found;
}

bool MigratorStatus::recorded_success(std::string_view job_uid) const {
  return !job_uid.empty() && std::ranges::find(migrated, job_uid, &Migrated::job_uid) != migrated.end();
}

bool MigratorStatus::recorded_failure(std::string_view job_uid) const {
  return !job_uid.empty() && std::ranges::find(failures, job_uid, &FailedRun::job_uid) != failures.end();
}

bool MigratorStatus::lets_start(std::string_view identity) const {
  const Migrated* entry = identity.empty() ? nullptr : find_migrated(identity);
  return entry != nullptr && entry->retired_by.empty() && std::ranges::find(blocked, identity) == blocked.end();
}

MigratorStatus read_status(const Json& object) {
  MigratorStatus status;
  status.observed_generation = kubernetes::integer(field(object, "observedGeneration"));
  status.conditions = Conditions::read(field(object, "conditions"));
  status.last_successful_migration = text(field(object, "lastSuccessfulMigration"));
  status.migrated = read_all(field(object, "migrated"), read_migrated);
  status.failures = read_all(field(object, "failures"), read_failure);
  status.history = read_all(field(object, "history"), read_run);
  status.retried = text(field(object, "retried"));
  status.contract = read_contract(field(object, "contract"));
  status.rollback_allowed = text(field(object, "rollbackAllowed"));
  status.blocked = kubernetes::texts(field(object, "blocked"));
  if (field(object, "database").is_object()) status.database = read_schema_state(field(object, "database"));

  const std::string& last = status.last_successful_migration;
  const bool known =
      last.empty() || std::ranges::find(status.migrated, last, &Migrated::image) != status.migrated.end();
  if (!known)
    status.migrated.insert(status.migrated.begin(), {.identity = last, .image = last, .origin = Origin::inherited});
  return status;
}

Json to_json(const MigratorStatus& status) {
  Json object{{"observedGeneration", status.observed_generation},
              {"conditions", status.conditions.to_json()},
              {"lastSuccessfulMigration", status.last_successful_migration},
              {"migrated", all_to_json(status.migrated)},
              {"failures", all_to_json(status.failures)},
              {"blocked", status.blocked},
              {"history", all_to_json(status.history)},
              {"retried", status.retried},
              {"rollbackAllowed", status.rollback_allowed}};
  if (status.contract) object["contract"] = to_json(*status.contract);
  if (status.database) object["database"] = to_json(*status.database);
  return without_empty(std::move(object));
}

}  // namespace dunlin::manager
