#include "health.h"

#include <nlohmann/json.hpp>

namespace notes {
namespace {

Answer ask(dunlin::Migrator& schema) {
  const dunlin::Health health = schema.health();
  nlohmann::json json{{"status", health.reachable ? "ok" : "down"}, {"pending", health.pending}};
  if (!health.reachable) json["error"] = health.error;
  if (health.last_migration)
    json["last_migration"] = {{"version", health.last_migration->version.text},
                              {"description", health.last_migration->description}};
  return {health.reachable, json.dump()};
}

}  // namespace

const Answer& HealthCheck::answer() {
  const auto now = std::chrono::steady_clock::now();
  if (answer_.json.empty() || now - asked_ > std::chrono::seconds(1)) {
    answer_ = ask(schema_);
    asked_ = now;
  }
  return answer_;
}

}  // namespace notes
