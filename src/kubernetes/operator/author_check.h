// May the author of a Migrator do what the Migrator does? Its Jobs run any command under any service account of the
// namespace, so that whoever writes one needs the right to create Jobs there.
#pragma once

#include <optional>

#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/admission.h"

namespace dunlin::manager {

// The answer to requests that need no question: what is run does not change. Empty for the others.
std::optional<AdmissionAnswer> answer_without_asking(const AdmissionRequest&);

// A SubjectAccessReview (authorization.k8s.io/v1), or a LocalSubjectAccessReview of the namespace, which a Role
// suffices for.
kubernetes::Json access_review(const AdmissionRequest&, bool local);

// The API server's verdict on an access_review.
AdmissionAnswer answer_to_verdict(const AdmissionRequest&, const kubernetes::Json& reviewed);

// Asks the API server. Whoever cannot be asked about is not let through. Blocks for a few seconds at most; any thread.
AdmissionAnswer check_author(const AdmissionRequest&, kubernetes::ApiClient&, bool local) noexcept;

}  // namespace dunlin::manager
