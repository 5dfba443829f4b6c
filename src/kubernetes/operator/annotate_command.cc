#include "kubernetes/operator/annotate_command.h"

#include <fmt/format.h>

#include "kubernetes/operator/keys.h"

namespace dunlin::manager {

std::string annotate_command(const Migrator& migrator, std::string_view key, std::string_view value) {
  return fmt::format("kubectl annotate -n {} migrator {} {}={} --overwrite", migrator.namespace_name, migrator.name,
                     key, value);
}

std::string retry_command(const Migrator& migrator) {
  return annotate_command(migrator, kRetry, "$(date +%s)");
}

std::string allow_rollback_command(const Migrator& migrator, std::string_view identity) {
  return annotate_command(migrator, kAllowRollback, fmt::format("\"{} $(date +%s)\"", identity));
}

}  // namespace dunlin::manager
