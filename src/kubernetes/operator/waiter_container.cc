#include "kubernetes/operator/waiter_container.h"

#include "kubernetes/operator/identity.h"
#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/own_container.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::text;

// The image's own user, for pods that run as root where nothing else is said.
constexpr int kNobody = 65532;

// By name, else the first: a pod without the container that migrations are made of waits all the same.
const Json& awaited_container(const Json& pod_spec, const std::string& name) {
  static const Json none;
  const Json& containers = list(field(pod_spec, "containers"));
  for (const Json& container : containers) {
    if (text(field(container, "name")) == name) return container;
  }
  return containers.empty() ? none : containers.front();
}

Json command(const Migrator& migrator, const Json& pod_spec, const WaiterOptions& options) {
  const Json& container = awaited_container(pod_spec, migrator.spec.container);
  const std::string& image = text(field(container, "image"));
  const std::string identity = migrator.spec.database ? options.database_identity(migrator)
                                                      : identity_of(migrator.spec.trigger, pod_spec, container);
  Json words{"/waiter", image, migrator.namespace_name, migrator.name, options.host};
  if (identity != image) words.push_back(std::string(kIdentityOption) + identity);
  const std::string token = options.token ? options.token(migrator, identity) : std::string();
  if (!token.empty()) words.push_back(std::string(kTokenOption) + token);
  for (const std::string& argument : options.arguments) words.push_back(argument);
  return words;
}

Json security_context(const Json& pod_spec, const WaiterOptions& options) {
  Json context = hardened();
  const Json& user = field(pod_spec, "securityContext", "runAsUser");
  if (options.run_as_user) {
    context["runAsUser"] = *options.run_as_user;
  } else if (kubernetes::integer(user, 1) == 0) {
    context["runAsUser"] = kNobody;
  }
  return context;
}

}  // namespace

Json waiter_container(const Migrator& migrator, const Json& pod_spec, const WaiterOptions& options) {
  return {{"name", waiter_name(migrator.name)},
          {"image", options.image},
          {"imagePullPolicy", options.pull_policy},
          {"command", command(migrator, pod_spec, options)},
          {"resources", little("32M")},
          {"securityContext", security_context(pod_spec, options)},
          {"terminationMessagePolicy", "FallbackToLogsOnError"}};
}

}  // namespace dunlin::manager
