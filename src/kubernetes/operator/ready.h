// The API that waiters ask: may this pod start?
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "kubernetes/operator/migrator.h"
#include "net/http_message.h"

namespace dunlin::manager {

struct MigratorLookup {
  // Null when there is none that we know of; lives until the answer is made.
  const Migrator* migrator = nullptr;
  // There is none: the API server itself has just said so. A cache that has not seen it yet does not count.
  bool gone = false;
};

using FindMigrator = std::function<MigratorLookup(const std::string& namespace_name, const std::string& name)>;

// POST /api/ready with {"targetImage", "migratorNamespace", "migratorName"} is answered `true` or `false`, 200, and
// nothing else; waiters of migrations-operator compare these bytes. "identity" goes before targetImage; it tells a
// waiter of ours, which understands one answer more: 410 when its Migrator is gone, and there is nothing left to wait
// for.
//
// 400 for a body that cannot be read, 404 for every other path.
net::HttpResponse answer_ready(std::string_view path, std::string_view body, const FindMigrator&);

}  // namespace dunlin::manager
