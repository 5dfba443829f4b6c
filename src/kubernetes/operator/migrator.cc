#include "kubernetes/operator/migrator.h"

#include "kubernetes/operator/keys.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;

namespace {

// What a definition that knows less has dropped is in an annotation. `lastSuccessfulMigration` it does know.
Json status_of(const Json& object) {
  const Json& status = field(object, "status");
  Json kept = Json::parse(kubernetes::annotation(object, kKeptStatus), nullptr, false);
  if (!kept.is_object()) return status;
  const Json& last = field(status, "lastSuccessfulMigration");
  if (last.is_string()) kept["lastSuccessfulMigration"] = last;
  return kept;
}

}  // namespace

Migrator read_migrator(const Json& object) {
  Migrator migrator{.namespace_name = kubernetes::namespace_of(object),
                    .name = kubernetes::name_of(object),
                    .uid = kubernetes::uid_of(object),
                    .resource_version = kubernetes::resource_version_of(object),
                    .generation = kubernetes::integer(field(object, "metadata", "generation")),
                    .created = kubernetes::created_at(object).value_or(kubernetes::Time{}),
                    .labels = kubernetes::string_map(field(object, "metadata", "labels")),
                    .retry = kubernetes::annotation(object, kRetry),
                    .contract_approved = kubernetes::annotation(object, kContract),
                    .rollback_allowed = kubernetes::annotation(object, kAllowRollback),
                    .being_deleted = kubernetes::is_being_deleted(object),
                    .skipped = kubernetes::annotation(object, kSkipReconcile) == "true",
                    .status_kept = !kubernetes::annotation(object, kKeptStatus).empty(),
                    .status = read_status(status_of(object))};
  migrator.spec = read_spec(field(object, "spec"), migrator.problems);
  return migrator;
}

}  // namespace dunlin::manager
