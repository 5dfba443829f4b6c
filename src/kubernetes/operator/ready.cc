#include "kubernetes/operator/ready.h"

#include <fmt/format.h>

#include "kubernetes/operator/image_reference.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;

constexpr std::string_view kUnknown = "Unknown";

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

net::HttpResponse not_yet(std::string_view reason, const std::string& message) {
  const Json body{{"ready", false}, {"reason", reason}, {"message", message}};
  return {.status = 200, .content_type = "application/json", .body = kubernetes::line_of(body)};
}

net::HttpResponse why_not(const Migrator& migrator, const std::string& identity) {
  const Condition* condition = migrator.status.conditions.find("MigrationsReady");
  if (condition == nullptr || condition->reason.empty()) return not_yet(kUnknown, "its Migrator was not looked at yet");
  if (condition->status != Truth::yes) return not_yet(condition->reason, condition->message);
  // The Migrator is content with what it has migrated to, and this is something else.
  return not_yet("OtherIdentity",
                 fmt::format("{} is not among what was migrated to; {}", identity, condition->message));
}

}  // namespace

std::variant<ReadyQuestion, net::HttpResponse> read_ready_question(std::string_view path, std::string_view body,
                                                                   const ReadyTokens& tokens) {
  if (path != "/api/ready") return answer(404, "404 page not found\n");
  const Json request = Json::parse(body, nullptr, false);
  if (!request.is_object()) return answer(400, "the body is no JSON object\n");
  for (const char* name : {"targetImage", "migratorNamespace", "migratorName", "identity", "token"}) {
    if (!is_text_or_absent(field(request, name))) return answer(400, std::string(name) + " must be a string\n");
  }
  const std::string& identity = text(field(request, "identity"));
  ReadyQuestion question{.namespace_name = text(field(request, "migratorNamespace")),
                         .migrator = text(field(request, "migratorName")),
                         .identity = identity.empty() ? text(field(request, "targetImage")) : identity};
  question.proven =
      tokens.proves(text(field(request, "token")), question.namespace_name, question.migrator, question.identity);
  return question;
}

net::HttpResponse answer_ready(const ReadyQuestion& question, const Migrator* migrator, bool gone) {
  if (migrator != nullptr && lets_start(*migrator, question.identity)) return answer(200, "true");
  if (!question.proven) return answer(200, "false");
  if (migrator != nullptr) return why_not(*migrator, question.identity);
  if (gone) return answer(410, "false");
  return not_yet(kUnknown, "its Migrator has not been seen yet");
}

}  // namespace dunlin::manager
