// The admission webhooks as a service.
//
//   POST /mutate-v1-pod         waiters for new pods (injection.h), by the Migrators of the cache; what a spec.database
//                               is about is read from the API server when the pod is made
//   POST /mutate-v1-pod-strict  the same for namespaces that opted in: a Migrator that the cache has not seen yet
//   counts POST /validate-migrator     may its author write a Migrator? (author_check.h)
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/admission.h"
#include "kubernetes/operator/errands.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/waiter_container.h"
#include "net/http_message.h"

namespace dunlin::manager {

// An API server's request has 3 MiB at most of one object; a review may hold it twice.
inline constexpr std::size_t kMostReviewBytes = std::size_t{7} * 1024 * 1024;

using Migrators = std::vector<std::shared_ptr<const Migrator>>;
// Of a namespace, in the cache. Any thread.
using MigratorsOf = std::function<Migrators(const std::string& namespace_name)>;

struct WebhookOptions {
  WaiterOptions waiter;
  // We may ask about rights in our namespaces only (a Role): LocalSubjectAccessReview.
  bool local_access_reviews = false;
};

// For metrics; any of them may be empty. On the loop's thread. `webhook` is the path.
struct WebhookHooks {
  std::function<void(std::string_view webhook, unsigned code, std::chrono::nanoseconds took)> on_answer;
  // +1 when a review comes, -1 when it was answered.
  std::function<void(std::string_view webhook, int change)> on_flight;
};

// On the loop's thread. Outlives the errands; what it is made of outlives it.
class WebhookService {
 public:
  WebhookService(MigratorsOf, WebhookOptions, kubernetes::ApiClient&, Errands&, WebhookHooks = {});

  void handle(const net::HttpRequest&, const net::Respond&);

 private:
  void mutate(const AdmissionRequest&, bool strict, const net::Respond&);
  void validate(const AdmissionRequest&, const net::Respond&);
  net::Respond counted(std::string_view webhook, const net::Respond&) const;

  const MigratorsOf migrators_of_;
  const WebhookOptions options_;
  kubernetes::ApiClient& api_;
  Errands& errands_;
  const WebhookHooks hooks_;
};

}  // namespace dunlin::manager
