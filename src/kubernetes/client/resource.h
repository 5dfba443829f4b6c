// The kinds of objects that an API server keeps, and where.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::kubernetes {

struct Resource {
  std::string_view group;  // empty for the core
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = true;
};

// "apps/v1", "v1".
std::string api_version_of(const Resource&);

// Where one lies, or all of a namespace (no name), or all there are (no namespace either): "/apis/batch/v1/jobs".
std::string path_of(const Resource&, std::string_view name_space = {}, std::string_view name = {},
                    std::string_view subresource = {});

// Percent-encoded for the query of a URL.
std::string query_text(std::string_view text);

inline constexpr Resource kPods{"", "v1", "pods", "Pod"};
inline constexpr Resource kEvents{"", "v1", "events", "Event"};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret"};
inline constexpr Resource kJobs{"batch", "v1", "jobs", "Job"};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline constexpr Resource kMutatingWebhooks{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
                                            "MutatingWebhookConfiguration", false};
inline constexpr Resource kValidatingWebhooks{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
                                              "ValidatingWebhookConfiguration", false};

}  // namespace dunlin::kubernetes
