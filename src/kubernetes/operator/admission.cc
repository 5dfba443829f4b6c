#include "kubernetes/operator/admission.h"

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;

AdmissionRequest read_review(std::string_view body) {
  const Json review = Json::parse(body, nullptr, false);
  const Json& request = field(review, "request");
  AdmissionRequest read{.api_version = text(field(review, "apiVersion")),
                        .uid = text(field(request, "uid")),
                        .operation = text(field(request, "operation")),
                        .namespace_name = text(field(request, "namespace")),
                        .object = field(request, "object")};
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
    response["patch"] = encode_base64(answer.patch.dump());
    response["patchType"] = "JSONPatch";
  }
  return Json{{"apiVersion", request.api_version}, {"kind", "AdmissionReview"}, {"response", std::move(response)}}
      .dump();
}

}  // namespace dunlin::manager
