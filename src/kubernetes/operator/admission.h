// AdmissionReview, admission.k8s.io/v1 and v1beta1: what the API server asks and what it is answered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/json.h"

namespace dunlin::manager {

// Whoever asks for the change.
struct AdmissionUser {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  // {"key": ["value"]}, or null.
  kubernetes::Json extra;
};

struct AdmissionRequest {
  // The answer is given in the same version, to the same uid.
  std::string api_version;
  std::string uid;
  // "CREATE", "UPDATE", "DELETE", "CONNECT"
  std::string operation;
  // That of the object itself may be empty.
  std::string namespace_name;
  kubernetes::Json object{};
  // As it was before an UPDATE or DELETE; else null.
  kubernetes::Json old_object{};
  AdmissionUser user{};
};

// Throws Failure (usage) for what is no AdmissionReview: there is no uid to answer to.
AdmissionRequest read_review(std::string_view body);

struct AdmissionAnswer {
  bool allowed = true;
  // Goes with `reason` to those who are allowed, with `message` to those who are not.
  int code = 200;
  std::string reason;
  std::string message;
  // RFC 6902, or null.
  kubernetes::Json patch;
};

// The body of the answer.
std::string to_review(const AdmissionRequest&, const AdmissionAnswer&);

}  // namespace dunlin::manager
