// What spec.database asks for: migrations that no application's image brings along, run by dunlin's own.
//
// The Job is made of a template of ours instead of a workload's. The database's URL goes from its Secret into the Job's
// container, and nowhere else; the files go from where they are into an emptyDir, by init containers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/workload.h"

namespace dunlin::manager {

// What the pods of such a Job are made of.
struct DatabaseImages {
  // The admin image, which migrates where spec.image says nothing else. May be empty.
  std::string admin;
  // The operator's own, whose executable copies files.
  std::string helper;
  std::string pull_policy = "IfNotPresent";
  // All of the containers run as this user: the files belong to it. Not set: whoever the cluster says (OpenShift).
  std::optional<std::int64_t> user;
};

struct DatabaseOrder {
  // What is to be migrated to, and where: "files-3f2a91c4b0de7a55@shop-database/url", the files_identity() of what the
  // ConfigMaps hold and the Secret's key; "ghcr.io/example/app:v2:/app/migrations@shop-database/url".
  std::string identity;
  // It has the template, and neither pods nor an owner.
  Workload workload;
  // Why there is no order: a ConfigMap cannot be read, or the admin image is not known. Empty when there is one.
  std::string problem;
};

// The migrator's spec has a database, and no problems. ConfigMaps are read from the API server: what a pod asks for
// that was created before this call is not newer than what this call finds. Throws Failure (connect, timeout,
// interrupted).
DatabaseOrder order_database(const Migrator&, const DatabaseImages&, kubernetes::ApiClient&, const net::Patience&);

// Of what the source holds now. Throws Failure, with config where a ConfigMap is not there or may not be read.
std::string database_identity(const Migrator&, kubernetes::ApiClient&, const net::Patience&);

// Whether its identity is in ConfigMaps, which somebody has to read.
bool has_config_maps(const Migrator&);

}  // namespace dunlin::manager
