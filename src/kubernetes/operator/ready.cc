#include "kubernetes/operator/ready.h"

#include "kubernetes/operator/image_reference.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;

net::HttpResponse answer(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

bool is_text_or_absent(const Json& value) {
  return value.is_null() || value.is_string();
}

bool lets_start(const Migrator& migrator, const std::string& identity) {
  if (migrator.status.lets_start(identity)) return true;
  // A waiter that was put in before digests counted asks for the whole reference.
  return migrator.spec.trigger == Trigger::digest && migrator.status.lets_start(parse_image(identity).digest);
}

}  // namespace

net::HttpResponse answer_ready(std::string_view path, std::string_view body, const FindMigrator& find) {
  if (path != "/api/ready") return answer(404, "404 page not found\n");
  const Json request = Json::parse(body, nullptr, false);
  if (!request.is_object()) return answer(400, "the body is no JSON object\n");
  for (const char* name : {"targetImage", "migratorNamespace", "migratorName", "identity"}) {
    if (!is_text_or_absent(field(request, name))) return answer(400, std::string(name) + " must be a string\n");
  }
  const std::string& identity = text(field(request, "identity"));
  const MigratorLookup found = find(text(field(request, "migratorNamespace")), text(field(request, "migratorName")));
  if (found.migrator == nullptr) return answer(found.gone && !identity.empty() ? 410 : 200, "false");
  return answer(200, lets_start(*found.migrator, identity.empty() ? text(field(request, "targetImage")) : identity)
                         ? "true"
                         : "false");
}

}  // namespace dunlin::manager
