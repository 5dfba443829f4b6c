#include "kubernetes/operator/database_order.h"

#include <map>

#include <fmt/format.h>

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/operator/database_template.h"
#include "kubernetes/operator/files_identity.h"
#include "kubernetes/operator/kinds.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;

namespace {

using Files = std::map<std::string, std::string>;

// Adds to `files`, in place of those of the same names.
void add_files(const Json& config_map, Files& files) {
  for (const auto& [name, content] : kubernetes::string_map(field(config_map, "data"))) files[name] = content;
  for (const auto& [name, content] : kubernetes::string_map(field(config_map, "binaryData")))
    files[name] = decode_base64(content).value_or(std::string{});
}

Files read_config_maps(const Migrator& migrator, kubernetes::ApiClient& api, const net::Patience& patience) {
  Files files;
  for (const std::string& name : migrator.spec.database->config_maps) {
    const auto answer =
        api.call({.path = path_of(kConfigMaps, migrator.namespace_name, name), .timeout = patience.left()});
    if (answer.not_found())
      throw Failure(ErrorKind::config, fmt::format("spec.database.configMaps: there is no ConfigMap {}/{}",
                                                   migrator.namespace_name, name));
    add_files(answer.object(fmt::format("reading the ConfigMap {}/{}", migrator.namespace_name, name)), files);
  }
  return files;
}

// What tells these files from others.
std::string files_of(const Migrator& migrator, kubernetes::ApiClient& api, const net::Patience& patience) {
  const DatabaseSource& source = *migrator.spec.database;
  if (source.config_maps.empty()) return fmt::format("{}:{}", source.image, source.path);
  const Files files = read_config_maps(migrator, api, patience);
  if (files.empty()) throw Failure(ErrorKind::config, "spec.database.configMaps: there is no file in them");
  return files_identity(files);
}

}  // namespace

bool has_config_maps(const Migrator& migrator) {
  return migrator.spec.database && !migrator.spec.database->config_maps.empty();
}

std::string database_identity(const Migrator& migrator, kubernetes::ApiClient& api, const net::Patience& patience) {
  const DatabaseSource& source = *migrator.spec.database;
  return fmt::format("{}@{}/{}", files_of(migrator, api, patience), source.secret, source.key);
}

DatabaseOrder order_database(const Migrator& migrator, const DatabaseImages& images, kubernetes::ApiClient& api,
                             const net::Patience& patience) {
  DatabaseOrder order;
  if (images.admin.empty() && migrator.spec.image.empty()) {
    order.problem =
        "spec.database: the operator does not know the admin image: give it --admin-image or ADMIN_IMAGE, or say "
        "spec.image";
    return order;
  }
  try {
    order.identity = database_identity(migrator, api, patience);
  } catch (const Failure& failure) {
    if (failure.error().kind != ErrorKind::config) throw;
    order.problem = failure.error().message;
    return order;
  }
  order.workload.name = kDatabaseWorkload;
  order.workload.root = migrator.uid;
  order.workload.created = migrator.created;
  order.workload.pod_template = database_template(migrator, images, order.identity);
  return order;
}

}  // namespace dunlin::manager
