// The API that waiters ask: may this pod start?
//
// POST /api/ready with {"targetImage", "migratorNamespace", "migratorName"} is answered `true` or `false`, 200, and
// nothing else; waiters of migrations-operator compare these bytes. "identity" goes before targetImage.
//
// Who proves with "token" that the webhook has sent it is told more: why it still waits, 200 with
// {"ready": false, "reason": "...", "message": "..."}; and 410 `false` when its Migrator is gone, and there is nothing
// left to wait for. To everybody else a Migrator that is gone is like one that was never there.
//
// 400 for a body that cannot be read, 404 for every other path.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/ready_tokens.h"
#include "net/http_message.h"

namespace dunlin::manager {

struct ReadyQuestion {
  std::string namespace_name;
  std::string migrator;
  std::string identity;
  bool proven = false;
};

// The question, or the answer to what is none. Throws Failure (internal).
std::variant<ReadyQuestion, net::HttpResponse> read_ready_question(std::string_view path, std::string_view body,
                                                                   const ReadyTokens&);

// `migrator` is the one that is asked about, null when there is none that we know of. `gone`: the API server itself has
// just said so; a cache that has not seen it yet does not count.
net::HttpResponse answer_ready(const ReadyQuestion&, const Migrator* migrator, bool gone = false);

}  // namespace dunlin::manager
