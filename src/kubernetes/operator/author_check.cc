#include "kubernetes/operator/author_check.h"

#include <fmt/format.h>

#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/client/resource.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::Resource;
using kubernetes::text;

namespace {

constexpr Resource kReviews{"authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false};
constexpr Resource kLocalReviews{"authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview"};
// An API server waits for ten seconds by default.
constexpr std::chrono::milliseconds kAskWithin{4'000};

AdmissionAnswer denied(int code, std::string reason, std::string message) {
  return {.allowed = false, .code = code, .reason = std::move(reason), .message = std::move(message)};
}

kubernetes::ApiAnswer ask(kubernetes::ApiClient& api, const kubernetes::ApiCall& call) {
  try {
    return api.call(call);
  } catch (const Failure& failure) {
    // The server had closed the connection that was kept. To ask twice does no harm.
    if (failure.error().kind != ErrorKind::connect) throw;
    return api.call(call);
  }
}

}  // namespace

std::optional<AdmissionAnswer> answer_without_asking(const AdmissionRequest& request) {
  if (request.operation != "CREATE" && request.operation != "UPDATE")
    return AdmissionAnswer{.reason = "only what is written is checked"};
  if (request.operation == "UPDATE" && field(request.object, "spec") == field(request.old_object, "spec"))
    return AdmissionAnswer{.reason = "its spec stays as it is"};
  return std::nullopt;
}

Json access_review(const AdmissionRequest& request, bool local) {
  const Resource& resource = local ? kLocalReviews : kReviews;
  Json spec{{"user", request.user.name},
            {"groups", request.user.groups},
            {"resourceAttributes",
             {{"namespace", request.namespace_name}, {"verb", "create"}, {"group", "batch"}, {"resource", "jobs"}}}};
  if (!request.user.uid.empty()) spec["uid"] = request.user.uid;
  if (request.user.extra.is_object()) spec["extra"] = request.user.extra;
  Json review{{"apiVersion", api_version_of(resource)}, {"kind", resource.kind}, {"spec", std::move(spec)}};
  if (local) review["metadata"]["namespace"] = request.namespace_name;
  return review;
}

AdmissionAnswer answer_to_verdict(const AdmissionRequest& request, const Json& reviewed) {
  const Json& status = field(reviewed, "status");
  if (kubernetes::flag(field(status, "allowed")) && !kubernetes::flag(field(status, "denied")))
    return {.reason = "its author may create Jobs"};
  const std::string& why = text(field(status, "reason"));
  return denied(
      403, "Forbidden",
      fmt::format("user \"{0}\" may not create Jobs in namespace \"{1}\", and a Migrator runs its commands there in "
                  "Jobs: ask for the right to create jobs.batch in \"{1}\", or have somebody with it apply the "
                  "Migrator{2}",
                  request.user.name, request.namespace_name, why.empty() ? "" : " (" + why + ")"));
}

AdmissionAnswer check_author(const AdmissionRequest& request, kubernetes::ApiClient& api, bool local) noexcept {
  try {
    const std::string path = local ? path_of(kLocalReviews, request.namespace_name) : path_of(kReviews);
    const auto answer = ask(api, {.method = "POST",
                                  .path = path,
                                  .body = kubernetes::line_of(access_review(request, local)),
                                  .timeout = kAskWithin});
    return answer_to_verdict(request, answer.object("asking the API server"));
  } catch (const std::exception& problem) {
    return denied(500, "InternalError",
                  fmt::format("whether user \"{}\" may create Jobs in namespace \"{}\" cannot be told: {}",
                              request.user.name, request.namespace_name, problem.what()));
  }
}

}  // namespace dunlin::manager
