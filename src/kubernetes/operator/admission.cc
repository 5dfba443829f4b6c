#include "kubernetes/operator/admission.h"

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;

namespace {

// No object that Kubernetes knows nests this deep. What does would be copied on the stack, by its depth.
constexpr int kDeepest = 200;

bool nests_too_deep(std::string_view json) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (quoted) {
      if (json[i] == '\\')
        ++i;
      else if (json[i] == '"')
        quoted = false;
    } else if (json[i] == '"') {
      quoted = true;
    } else if (json[i] == '{' || json[i] == '[') {
      if (++depth > kDeepest) return true;
    } else if (json[i] == '}' || json[i] == ']') {
      --depth;
    }
  }
  return false;
}

AdmissionUser read_user(const Json& info) {
  AdmissionUser user{.name = text(field(info, "username")),
                     .uid = text(field(info, "uid")),
                     .groups = {},
                     .extra = field(info, "extra")};
  for (const Json& group : kubernetes::list(field(info, "groups"))) user.groups.push_back(text(group));
  return user;
}

}  // namespace

AdmissionRequest read_review(std::string_view body) {
  const Json review = nests_too_deep(body) ? Json() : Json::parse(body, nullptr, false);
  const Json& request = field(review, "request");
  AdmissionRequest read{.api_version = text(field(review, "apiVersion")),
                        .uid = text(field(request, "uid")),
                        .operation = text(field(request, "operation")),
                        .namespace_name = text(field(request, "namespace")),
                        .object = field(request, "object"),
                        .old_object = field(request, "oldObject"),
                        .user = read_user(field(request, "userInfo"))};
  const bool known = read.api_version == "admission.k8s.io/v1" || read.api_version == "admission.k8s.io/v1beta1";
  if (!known || read.uid.empty())
    throw Failure(ErrorKind::usage, "the body is no AdmissionReview of admission.k8s.io/v1 or v1beta1 with a request");
  return read;
}

std::string to_review(const AdmissionRequest& request, const AdmissionAnswer& answer) {
  Json status{{"code", answer.code}};
  if (!answer.reason.empty()) status["reason"] = answer.reason;
  if (!answer.message.empty()) status["message"] = answer.message;
  Json response{{"uid", request.uid}, {"allowed", answer.allowed}, {"status", std::move(status)}};
  // v1 wants both or neither.
  if (!answer.patch.is_null()) {
    response["patch"] = encode_base64(kubernetes::line_of(answer.patch));
    response["patchType"] = "JSONPatch";
  }
  return kubernetes::line_of(
      {{"apiVersion", request.api_version}, {"kind", "AdmissionReview"}, {"response", std::move(response)}});
}

}  // namespace dunlin::manager
