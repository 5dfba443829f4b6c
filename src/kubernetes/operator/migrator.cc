#include "kubernetes/operator/migrator.h"

#include "kubernetes/operator/keys.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;

Migrator read_migrator(const Json& object) {
  Migrator migrator{.namespace_name = kubernetes::namespace_of(object),
                    .name = kubernetes::name_of(object),
                    .uid = kubernetes::uid_of(object),
                    .resource_version = kubernetes::resource_version_of(object),
                    .generation = kubernetes::integer(field(object, "metadata", "generation")),
                    .created = kubernetes::created_at(object).value_or(kubernetes::Time{}),
                    .labels = kubernetes::string_map(field(object, "metadata", "labels")),
                    .retry = kubernetes::annotation(object, kRetry),
                    .being_deleted = kubernetes::is_being_deleted(object),
                    .skipped = kubernetes::annotation(object, kSkipReconcile) == "true",
                    .status = read_status(field(object, "status"))};
  migrator.spec = read_spec(field(object, "spec"), migrator.problems);
  return migrator;
}

}  // namespace dunlin::manager
