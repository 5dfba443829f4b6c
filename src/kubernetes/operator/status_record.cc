#include "kubernetes/operator/status_record.h"

#include <fmt/format.h>

#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/kinds.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;

namespace {

constexpr std::string_view kApplyQuery = "?fieldManager=dunlin-operator&force=true";

constexpr const char* kUpgradeMessage =
    "The Migrator's definition is migrations-operator's: the status is kept in an annotation. kubectl apply -k "
    "deploy/default adds the new definition, its columns and checks, CREATE-only webhooks, probes and leader election";

Json upgrade_condition(kubernetes::Time since) {
  return {{"type", "Upgraded"},
          {"status", "False"},
          {"reason", "OldDefinition"},
          {"message", kUpgradeMessage},
          {"lastTransitionTime", kubernetes::format_time(since)}};
}

// A server-side apply is refused for what others would drop.
bool has_unknown_fields(const kubernetes::ApiAnswer& answer) {
  const std::string& message = kubernetes::text(field(answer.document, "message"));
  return !answer.ok() && message.find("field not declared in schema") != std::string::npos;
}

// As much of it as migrations-operator's definition knows.
Json known_of_old(Json patch) {
  Json known = Json::object();
  for (const char* name : {"conditions", "lastSuccessfulMigration"}) {
    if (patch["status"].contains(name)) known[name] = patch["status"][name];
  }
  patch["status"] = std::move(known);
  return patch;
}

bool has_changed_meanwhile(const kubernetes::ApiAnswer& answer) {
  return answer.conflict() || answer.not_found();
}

}  // namespace

std::optional<std::string> StatusRecord::write(const Migrator& migrator, const std::string& resource_version,
                                               const MigratorStatus& status) {
  auto applied = apply(migrator, patch_of(migrator, resource_version, status));
  if (!applied) return std::nullopt;
  const bool pruned = field(*applied, "status", "observedGeneration").is_null();
  if (pruned && !degraded_) {
    degraded_since_ = std::chrono::system_clock::to_time_t(clock_.wall_now());
    degraded_ = true;
    applied = apply(migrator, patch_of(migrator, kubernetes::resource_version_of(*applied), status));
    if (!applied) return std::nullopt;
  } else if (!pruned && degraded_) {
    degraded_ = false;
    applied = apply(migrator, patch_of(migrator, kubernetes::resource_version_of(*applied), status));
    if (!applied) return std::nullopt;
  }
  const std::string kept = pruned ? kubernetes::line_of(to_json(status)) : std::string();
  const std::string& version = kubernetes::resource_version_of(*applied);
  if (kubernetes::annotation(*applied, kKeptStatus) == kept) return version;
  return annotate(migrator, version, kept.empty() ? Json(nullptr) : Json(kept));
}

Json StatusRecord::patch_of(const Migrator& migrator, const std::string& resource_version,
                            const MigratorStatus& status) const {
  Json object = to_json(status);
  if (degraded_)
    object["conditions"].push_back(upgrade_condition(kubernetes::Time(std::chrono::seconds(degraded_since_.load()))));
  return {{"apiVersion", kApiVersion},
          {"kind", kKind},
          {"metadata",
           {{"name", migrator.name},
            {"namespace", migrator.namespace_name},
            {"uid", migrator.uid},
            {"resourceVersion", resource_version}}},
          {"status", std::move(object)}};
}

std::optional<Json> StatusRecord::apply(const Migrator& migrator, const Json& patch) {
  std::string path = kubernetes::path_of(kMigrators, migrator.namespace_name, migrator.name, "status");
  path += kApplyQuery;
  auto answer = api_.patch(path, kubernetes::kApplyPatch, patch);
  if (has_unknown_fields(answer)) answer = api_.patch(path, kubernetes::kApplyPatch, known_of_old(patch));
  if (has_changed_meanwhile(answer)) return std::nullopt;
  return answer.object(fmt::format("writing the status of {}/{}", migrator.namespace_name, migrator.name));
}

std::optional<std::string> StatusRecord::annotate(const Migrator& migrator, const std::string& resource_version,
                                                  const Json& kept) {
  Json change{{"metadata", {{"resourceVersion", resource_version}}}};
  change["metadata"]["annotations"][std::string(kKeptStatus)] = kept;
  const auto answer = api_.patch(kubernetes::path_of(kMigrators, migrator.namespace_name, migrator.name),
                                 kubernetes::kMergePatch, change);
  if (has_changed_meanwhile(answer)) return std::nullopt;
  return kubernetes::resource_version_of(
      answer.object(fmt::format("keeping the status of {}/{}", migrator.namespace_name, migrator.name)));
}

}  // namespace dunlin::manager
